import path from "node:path";
import ts from "typescript";

/** The functions' sources as the compiler understands them. */
export interface Sources {
  readonly root: string;
  readonly program: ts.Program;
  readonly checker: ts.TypeChecker;
}

export const entryPoint = (root: string, name: string): string => path.join(root, "functions", name, "index.ts");

/** Reads the functions and everything they import; nothing is checked but what is asked for. */
export function readSources(root: string, functionNames: readonly string[]): Sources {
  const { config } = ts.readConfigFile(path.join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const program = ts.createProgram(
    functionNames.map((name) => entryPoint(root, name)),
    options,
  );
  return { root, program, checker: program.getTypeChecker() };
}

/** Relative to the project, with forward slashes. */
export const placeOf = ({ root }: Sources, node: ts.Node): string =>
  path.relative(root, node.getSourceFile().fileName).replaceAll(path.sep, "/");

/** What a name stands for, through imports; `{ headers }` stands for the variable and not for the property. */
export function meaningOf({ checker }: Sources, node: ts.Node): ts.Symbol | undefined {
  const symbol = ts.isShorthandPropertyAssignment(node.parent)
    ? checker.getShorthandAssignmentValueSymbol(node.parent)
    : checker.getSymbolAtLocation(node);
  return symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0
    ? checker.getAliasedSymbol(symbol)
    : symbol;
}

/** Our own files that `entry` needs to run, itself first; `leftOut` are folders whose files are not followed. */
export function filesNeededBy(sources: Sources, entry: string, leftOut: RegExp): readonly ts.SourceFile[] {
  const found = new Set<ts.SourceFile>();
  const add = (file: ts.SourceFile | undefined): void => {
    if (file === undefined || found.has(file)) return;
    const place = placeOf(sources, file);
    if (place.startsWith("..") || /(^|\/)node_modules\//.test(place) || leftOut.test(place)) return;
    found.add(file);
    for (const imported of importsOf(sources, file)) add(imported);
  };
  add(sources.program.getSourceFile(entry));
  return [...found];
}

function importsOf({ checker }: Sources, file: ts.SourceFile): readonly (ts.SourceFile | undefined)[] {
  return file.statements.filter(ts.isImportDeclaration).flatMap(({ importClause, moduleSpecifier }) => {
    if (importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword) return [];
    return checker.getSymbolAtLocation(moduleSpecifier)?.declarations?.find(ts.isSourceFile);
  });
}

/** Every node below, and the node itself. */
export function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of childrenOf(node)) yield* nodesOf(child);
}

function childrenOf(node: ts.Node): readonly ts.Node[] {
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => {
    children.push(child);
  });
  return children;
}
