import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { ofType, resolve, synthesizeOne, testEnvironment } from "./testing/synthesized.ts";
import { type Access, access } from "./topology/access.ts";
import { type DeployedFunction, functions } from "./topology/functions.ts";

const pipeline = resolve(synthesizeOne(testEnvironment()).pipeline);
const memberOf = (name: string) => `serviceAccount:${name}@test-project.iam.gserviceaccount.com`;
const tables: Readonly<Record<string, Access>> = access;

/** Method of a port -> the permission that its adapter needs; a bucket's address needs none. */
const NEEDED: Readonly<Record<string, string>> = {
  "objects.beginUpload": "storage.objects.create",
  "objects.list": "storage.objects.list",
  "objects.read": "storage.objects.get",
  "objects.remove": "storage.objects.delete",
  "objects.stat": "storage.objects.get",
  "objects.upload": "storage.objects.create",
  "spans.export": "telemetry.traces.write",
  "transcriber.check": "speech.operations.get",
  "transcriber.find": "speech.operations.list",
  "transcriber.start": "speech.recognizers.recognize",
};

/** Methods of the three ports that the function's own code calls; a store may have another name where it is handed on. */
function callsOf(name: string): Set<string> {
  const folder = path.resolve(import.meta.dirname, "../functions", name);
  const files = readdirSync(folder).filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  const found = files.flatMap((file) => {
    const code = readFileSync(path.join(folder, file), "utf8");
    const transcriber = [...code.matchAll(/\btranscriber\.(\w+)\(/g)].map(([, method]) => `transcriber.${method}`);
    const store = code.includes("#ports/object-store.ts") ? [...code.matchAll(/\.(\w+)\(/g)] : [];
    const spans = code.includes("makeTraceExporter(") ? ["spans.export"] : [];
    return [...spans, ...transcriber, ...store.map(([, method]) => `objects.${method}`)];
  });
  return new Set(found.filter((call) => call in NEEDED));
}

describe.each(functions.map((fn: DeployedFunction) => fn))("rights of $name", (fn) => {
  const names = fn.access ?? [];
  const grants = ["google_storage_bucket_iam_member", "google_project_iam_member"].flatMap((type) =>
    ofType(pipeline, type).filter(({ attributes }) => attributes["member"] === memberOf(fn.name)),
  );

  it("each permission has a call that needs it", () => {
    const calls = callsOf(fn.name);
    const idle = names.flatMap((name) =>
      Object.values(tables[name]?.permissions ?? {}).filter((call) => !calls.has(call)),
    );

    expect(idle).toEqual([]);
  });

  it("each call that needs a permission has one", () => {
    const held = new Set(names.flatMap((name) => Object.keys(tables[name]?.permissions ?? {})));
    const missing = [...callsOf(fn.name)].filter((call) => !held.has(NEEDED[call] ?? ""));

    expect(missing).toEqual([]);
  });

  it("is granted that, on the bucket where there is one, and nothing more", () => {
    const granted = grants.map(({ type, attributes }) => [type, attributes["role"]]);
    const wanted = names.map((name) => [
      tables[name]?.on === "recordings" ? "google_storage_bucket_iam_member" : "google_project_iam_member",
      `projects/test-project/roles/bookingInsights.${name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())}`,
    ]);

    expect(granted.sort()).toEqual(wanted.sort());
  });
});

it("the roles hold what the topology says", () => {
  const roles = ofType(pipeline, "google_project_iam_custom_role");
  const permissions = roles.map(({ path: at, attributes }) => [at.split("/").at(-1), attributes["permissions"]]);

  expect(Object.fromEntries(permissions)).toEqual(
    Object.fromEntries(Object.entries(tables).map(([name, { permissions: all }]) => [name, Object.keys(all)])),
  );
});

it("every method of the three ports is known to need something, or nothing", () => {
  const methodsOf = (file: string): string[] => {
    const text = readFileSync(path.resolve(import.meta.dirname, "../shared/ports", file), "utf8");
    const port = /export interface (?:ObjectStore|SpanExporter|Transcriber) \{([\s\S]*?)\n\}/.exec(text)?.[1] ?? "";
    return [...port.matchAll(/^ {2}(\w+)\(/gm)].map(([, method]) => method ?? "");
  };
  const ports = {
    objects: methodsOf("object-store.ts"),
    spans: methodsOf("span-exporter.ts"),
    transcriber: methodsOf("transcriber.ts"),
  };
  const known = Object.entries(ports).flatMap(([port, methods]) => methods.map((method) => `${port}.${method}`));

  expect(known.filter((call) => !(call in NEEDED))).toEqual(["objects.uriOf", "spans.prepare"]);
  expect(Object.keys(NEEDED).filter((call) => !known.includes(call))).toEqual([]);
});
