import { expect, it } from "vitest";
import { headerOf } from "./header.ts";

/** A `Headers` of another library: the method, and nothing of Node's class. */
const foreign = { get: (name: string) => (name === "content-range" ? "bytes 0-1/2" : null) };

it.each([
  ["Node's Headers", new Headers({ "Content-Range": "bytes 0-1/2" })],
  ["another library's Headers", foreign],
  ["a plain object", { "content-range": "bytes 0-1/2" }],
])("a header is found in %s", (_what, headers) => {
  expect(headerOf(headers, "content-range")).toBe("bytes 0-1/2");
  expect(headerOf(headers, "retry-after")).toBeNull();
});

it.each([undefined, null, "text"])("there is none in %j", (headers) => {
  expect(headerOf(headers, "content-range")).toBeNull();
});
