import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { crc32, inflateRawSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readBundles, UNBUILT, writeZips } from "./bundles.ts";
import { zip } from "./zip.ts";

/** Reads a zip as an unpacker does: from its end to the directory, from there to each file. */
function unzip(archive: Buffer): Map<string, Buffer> {
  const end = archive.lastIndexOf("PK\x05\x06", undefined, "latin1");
  const found = new Map<string, Buffer>();
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [sum, packed, size] = [16, 20, 24].map((offset) => archive.readUInt32LE(at + offset));
    const nameLength = archive.readUInt16LE(at + 28);
    const local = archive.readUInt32LE(at + 42);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const content = inflateRawSync(archive.subarray(start, start + packed!));
    expect([content.length, crc32(content)]).toEqual([size, sum]);
    found.set(archive.toString("utf8", at + 46, at + 46 + nameLength), content);
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return found;
}

it("a zip holds what was put in, whatever it is called and whatever the order", () => {
  const files = fc.dictionary(fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" }), fc.uint8Array());

  fc.assert(
    fc.property(files, (contents) => {
      const entries = Object.entries(contents).map(([name, content]) => ({ name, content }));
      const archive = zip(entries);

      expect(Object.fromEntries([...unzip(archive)])).toEqual(
        Object.fromEntries(entries.map(({ name, content }) => [name, Buffer.from(content)])),
      );
      expect(zip(entries.reverse())).toEqual(archive);
    }),
  );
});

describe("bundles", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "bundles-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function build(files: Record<string, string>): void {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(folder, "relay-outbox", name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }
  const hash = () => readBundles(folder).get("relay-outbox")!.hash;

  it("is named after what is in it, and not after the code cache", () => {
    build({ "package.json": "{}", "function-1.js": "run()", "function-1.cache": "first" });
    const first = hash();
    build({ "function-1.cache": "second" });
    expect(hash()).toBe(first);

    build({ "function-1.js": "walk()" });
    expect(hash()).not.toBe(first);
  });

  it("cannot be confused by moving bytes between a name and a content", () => {
    build({ "package.json": "{}", ab: "c" });
    const first = hash();
    rmSync(path.join(folder, "relay-outbox", "ab"));
    build({ a: "bc" });

    expect(hash()).not.toBe(first);
  });

  it("writes an archive of what was built, and says what was not", () => {
    build({ "package.json": "{}", "index.cjs": "", "framework/main.cjs": "", "node_modules/left/over.js": "" });
    const bundles = readBundles(folder);
    writeZips(bundles, path.join(folder, "zips"));

    expect(bundles.get("google-auth")?.hash).toBe(UNBUILT);
    const [archive] = readdirSync(path.join(folder, "zips"));
    expect(archive).toBe(`relay-outbox-${hash()}.zip`);
    const names = [...unzip(readFileSync(path.join(folder, "zips", archive!))).keys()];
    expect(names).toEqual(["framework/main.cjs", "index.cjs", "package.json"]);
  });
});
