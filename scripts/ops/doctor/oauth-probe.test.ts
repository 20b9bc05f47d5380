import { describe, expect, it } from "vitest";
import { readAuthorizationReply } from "./oauth-probe.ts";

const origin = "https://accounts.google.com";
const read = (location: string | null, { status = 302, body = "" } = {}) =>
  readAuthorizationReply({ status, location, body }, origin);
/** A protobuf with the code as field 1 and some text as field 2, as in addresses that people posted. */
const blob = (code: string): string =>
  Buffer.concat([
    Buffer.from([0x0a, code.length]),
    Buffer.from(code),
    Buffer.from([0x12, 2, 0x6f, 0x68, 0x20, 0x90, 3]),
  ]).toString("base64");

describe("an answer of Google's authorization endpoint", () => {
  it.each([
    "https://accounts.google.com/v3/signin/identifier?opparams=%253F&flowName=GeneralOAuthFlow",
    "/v3/signin/identifier?x=1",
    "https://accounts.google.com/ServiceLogin?continue=x",
  ])("that leads to a sign-in page accepts: %s", (location) => {
    expect(read(location)).toEqual({ kind: "accepted" });
  });

  it.each(["redirect_uri_mismatch", "invalid_client", "deleted_client"])(
    "that leads to the page of %s refuses",
    (code) => {
      const standard = encodeURIComponent(blob(code));
      const urlSafe = blob(code).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
      for (const authError of [standard, urlSafe]) {
        const location = `${origin}/signin/oauth/error?authError=${authError}&client_id=x`;
        expect(read(location)).toEqual({ kind: "refused", code });
      }
    },
  );

  it("that was posted by somebody in whole is read", () => {
    const authError = "ChVyZWRpcmVjdF91cmlfbWlzbWF0Y2gSsAEKWW91IGNhbid0";
    expect(read(`/signin/oauth/error?authError=${authError}`)).toEqual({
      kind: "refused",
      code: "redirect_uri_mismatch",
    });
  });

  it("that shows the error on the page itself refuses, though its status is 200", () => {
    expect(read(null, { status: 200, body: '<a data-error-code="redirect_uri_mismatch">' })).toEqual({
      kind: "refused",
      code: "redirect_uri_mismatch",
    });
  });

  it.each([
    [null, 200],
    [null, 503],
    ["https://accounts.google.com/sorry/index", 302],
    ["https://evil.example/v3/signin/identifier", 302],
    ["http://", 302],
  ])("that says neither is unclear: %s (%i)", (location, status) => {
    expect(read(location, { status, body: "<html>Something else</html>" })).toEqual({ kind: "unclear" });
  });

  it("puts no text of its own choosing into the report", () => {
    const hostile = blob("\u001b[31mhello\u0007");
    expect(read(`/signin/oauth/error?authError=${encodeURIComponent(hostile)}`)).toEqual({
      kind: "refused",
      code: "an error without a code",
    });
  });
});
