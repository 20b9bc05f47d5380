import ts from "typescript";
import { entryPoint, filesNeededBy, meaningOf, nodesOf, placeOf, type Sources } from "./sources.ts";

/** One call that a function makes as its own account. */
export interface AdapterCall {
  readonly file: string;
  /** What of the adapter the function uses: `ObjectStore.stat`, or the factory that it calls. */
  readonly use: string;
  /** Method of the official client: `File.getMetadata`. */
  readonly client: string;
}

const ADAPTERS = /^shared\/google\//;
const PORTS = /^shared\/ports\//;
/** Packages whose clients may sign in as the function's account; the other APIs of `googleapis` are called as consultants. */
const CLIENTS =
  /\/node_modules\/(@google-cloud\/(?!functions-framework\/)|google-gax\/|google-auth-library\/|googleapis\/build\/src\/apis\/(language|pubsub|secretmanager)\/)/;

/** Every call of the official clients that the function can reach, by way of the port methods that its own code uses. */
export function adapterCallsOf(sources: Sources, name: string): readonly AdapterCall[] {
  const entry = entryPoint(sources.root, name);
  const files = filesNeededBy(sources, entry, ADAPTERS);
  const [index] = files;
  if (index === undefined) throw new Error(`there is no ${entry}`);
  const used = new Set(files.flatMap((file) => portMethodsIn(sources, file)));
  const calls = [...adaptersIn(sources, index)].flatMap((factory) => callsThrough(sources, factory, used));
  // Nothing but adapters talks to Google; if something does, it counts.
  const direct = files.flatMap((file) =>
    clientCallsIn(sources, file).map((client) => ({ use: "itself", file, client })),
  );
  const all = [...calls, ...direct.map(({ file, ...call }) => ({ ...call, file: placeOf(sources, file) }))];
  return [...new Map(all.map((call) => [JSON.stringify(call), call])).values()];
}

/** `ObjectStore.stat`, for each use of a method of an interface of shared/ports, called or handed on. */
function portMethodsIn(sources: Sources, file: ts.SourceFile): readonly string[] {
  return [...nodesOf(file)].flatMap((node) => {
    const symbol = ts.isPropertyAccessExpression(node) ? meaningOf(sources, node.name) : taken(sources, node);
    const method = symbol?.declarations?.find(ts.isMethodSignature);
    if (method === undefined || !ts.isInterfaceDeclaration(method.parent)) return [];
    return PORTS.test(placeOf(sources, method)) ? [`${method.parent.name.text}.${method.name.getText()}`] : [];
  });
}

/** The property that a pattern takes out of an object: `const { stat } = objects`. */
function taken({ checker }: Sources, node: ts.Node): ts.Symbol | undefined {
  if (!ts.isBindingElement(node) || !ts.isObjectBindingPattern(node.parent)) return undefined;
  const name = node.propertyName ?? node.name;
  return ts.isIdentifier(name) ? checker.getTypeAtLocation(node.parent).getProperty(name.text) : undefined;
}

/** The factories of shared/google that the composition root calls. */
function adaptersIn(sources: Sources, index: ts.SourceFile): ReadonlySet<ts.FunctionDeclaration> {
  const called = [...nodesOf(index)].flatMap((node) =>
    ts.isCallExpression(node) ? (meaningOf(sources, node.expression)?.declarations ?? []) : [],
  );
  return new Set(called.filter(ts.isFunctionDeclaration).filter((made) => ADAPTERS.test(placeOf(sources, made))));
}

function callsThrough(
  sources: Sources,
  factory: ts.FunctionDeclaration,
  used: ReadonlySet<string>,
): readonly AdapterCall[] {
  const file = placeOf(sources, factory);
  const port = portOf(sources, factory);
  const methods = port === null ? null : methodsOf(factory);
  // An adapter that is no plain object of methods counts as a whole.
  if (methods === null) return reached(sources, factory).map((client) => ({ file, use: nameOf(factory), client }));
  return methods.flatMap((method) => {
    const use = `${port}.${method.name?.getText()}`;
    return used.has(use) ? reached(sources, method).map((client) => ({ file, use, client })) : [];
  });
}

/** The port that the factory's answer is, if it is just one. */
function portOf({ checker, ...sources }: Sources, factory: ts.FunctionDeclaration): string | null {
  const signature = checker.getSignatureFromDeclaration(factory);
  // An adapter may be absent: `SpanExporter | null`.
  const answer = signature === undefined ? undefined : checker.getNonNullableType(signature.getReturnType());
  const port = answer?.getSymbol()?.declarations?.find(ts.isInterfaceDeclaration);
  return port !== undefined && PORTS.test(placeOf({ checker, ...sources }, port)) ? port.name.text : null;
}

function methodsOf(factory: ts.FunctionDeclaration): readonly ts.ObjectLiteralElementLike[] | null {
  const answer = factory.body?.statements.find(ts.isReturnStatement)?.expression;
  if (answer === undefined || !ts.isObjectLiteralExpression(answer)) return null;
  return answer.properties.some(ts.isSpreadAssignment) ? null : answer.properties;
}

/** Client methods called below a node, and in every function and value of shared/google that it names. */
function reached(sources: Sources, start: ts.Node): readonly string[] {
  const seen = new Set<ts.Node>([start]);
  for (const node of seen) {
    for (const name of nodesOf(node)) {
      const declared = ts.isIdentifier(name) ? meaningOf(sources, name)?.declarations?.[0] : undefined;
      if (declared !== undefined && isFollowed(declared) && ADAPTERS.test(placeOf(sources, declared)))
        seen.add(declared);
    }
  }
  return [...new Set([...seen].flatMap((node) => clientCallsIn(sources, node)))];
}

const isFollowed = (node: ts.Node): boolean =>
  ts.isFunctionDeclaration(node) || ts.isVariableDeclaration(node) || ts.isClassDeclaration(node);

/** `File.getMetadata`, for each call of a method of Google's clients. */
function clientCallsIn(sources: Sources, below: ts.Node): readonly string[] {
  return [...nodesOf(below)].flatMap((node) => {
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return [];
    const { expression: receiver, name } = node.expression;
    const declared = meaningOf(sources, name)?.declarations?.[0];
    if (declared === undefined || !CLIENTS.test(declared.getSourceFile().fileName)) return [];
    return [`${classOf(sources, receiver, declared)}.${name.text}`];
  });
}

/** The class of what is called; of a method that it inherits too. */
function classOf({ checker }: Sources, receiver: ts.Expression, declared: ts.Declaration): string {
  const type = checker.getNonNullableType(checker.getTypeAtLocation(receiver)).getSymbol()?.getName();
  if (type !== undefined && !type.startsWith("__")) return type;
  return ts.isClassLike(declared.parent) ? (declared.parent.name?.text ?? "") : "";
}

const nameOf = ({ name }: ts.FunctionDeclaration): string => name?.text ?? "";
