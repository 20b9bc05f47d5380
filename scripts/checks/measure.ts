import ts from "typescript";
import { eachNode, lineOf, type SourceFile } from "./source-files.ts";

export interface MeasuredFunction {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
  readonly parameters: number;
}

/** Lines of a text; a final newline starts no new one. */
export function countLines(text: string): number {
  return text === "" ? 0 : text.replace(/\n$/, "").split("\n").length;
}

/** Named functions, methods and functions assigned to a name; callbacks count as part of what holds them. */
export function measureFunctions(source: SourceFile): MeasuredFunction[] {
  const measured: MeasuredFunction[] = [];
  eachNode(source.tree, (node) => {
    const name = isFunctionWithBody(node) ? nameOf(node) : null;
    if (name === null || !isFunctionWithBody(node)) return;
    const line = lineOf(node);
    const lines = source.tree.getLineAndCharacterOfPosition(node.getEnd()).line + 2 - line;
    measured.push({ name, line, lines, parameters: node.parameters.filter((p) => !isThis(p)).length });
  });
  return measured;
}

type FunctionNode = ts.FunctionLikeDeclaration & { readonly body: ts.Node };

function isFunctionWithBody(node: ts.Node): node is FunctionNode {
  return ts.isFunctionLike(node) && "body" in node && node.body !== undefined;
}

const isThis = (parameter: ts.ParameterDeclaration): boolean => parameter.name.getText() === "this";

function nameOf(node: FunctionNode): string | null {
  if (ts.isConstructorDeclaration(node)) return "constructor";
  if (node.name) return node.name.getText();
  const { parent } = node;
  const holdsName =
    ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent);
  return holdsName ? parent.name.getText() : null;
}

/** Specifiers of our own modules that a file imports, types included, each once. */
export function ownImports(source: SourceFile): string[] {
  const found = new Set<string>();
  eachNode(source.tree, (node) => {
    const specifier = specifierOf(node);
    if (specifier !== null && /^[.#]/.test(specifier)) found.add(specifier);
  });
  return [...found];
}

function specifierOf(node: ts.Node): string | null {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return literal(node.moduleSpecifier);
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return literal(node.argument.literal);
  const isImportCall = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  return isImportCall ? literal(node.arguments[0]) : null;
}

const literal = (node: ts.Node | undefined): string | null => (node && ts.isStringLiteralLike(node) ? node.text : null);

/** Lines where `any` is written as a type. */
export function linesWithAny(source: SourceFile): number[] {
  return linesWhere(source, (node) => node.kind === ts.SyntaxKind.AnyKeyword);
}

/** Lines with a non-null assertion. */
export function linesWithNonNull(source: SourceFile): number[] {
  return linesWhere(source, ts.isNonNullExpression);
}

function linesWhere(source: SourceFile, matches: (node: ts.Node) => boolean): number[] {
  const lines: number[] = [];
  eachNode(source.tree, (node) => {
    if (matches(node)) lines.push(lineOf(node));
  });
  return lines;
}

/** The value that `share` (0 to 1) of the numbers do not exceed; 0 for none. */
export function percentile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}
