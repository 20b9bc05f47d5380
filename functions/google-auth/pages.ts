import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";

type Page = HtmlEscapedString | Promise<HtmlEscapedString>;

const page = (title: string, body: Page | string): Page => html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title></head>
<body><h1>${title}</h1>${body}</body>
</html>`;

export const connectedPage = (email: string): Page =>
  page("Google is connected", html`<p>${email} is connected. You can close this page.</p>`);

export const deniedPage = (): Page =>
  page("Google was not connected", html`<p>You did not give access, and nothing was changed.</p>`);

export const permissionsMissingPage = (permissions: readonly string[]): Page =>
  page(
    "Google was not connected",
    html`<p>These permissions were left out, and bookings cannot do without them:</p>
<ul>${permissions.map((permission) => html`<li>${permission}</li>`)}</ul>
<p>Connect again and leave every box ticked.</p>`,
  );

export const refreshTokenMissingPage = (): Page =>
  page(
    "Google was not connected",
    html`<p>Google gave no lasting access. Remove this app at
<a href="https://myaccount.google.com/connections">myaccount.google.com/connections</a> and connect again.</p>`,
  );

/** The same for every answer that this browser's own flow does not explain: it teaches an attacker nothing. */
export const startAgainPage = (): Page =>
  page("Google was not connected", html`<p>This link is no longer valid. Go back and start again.</p>`);

export const tryLaterPage = (): Page =>
  page("Google was not connected", html`<p>Something did not answer in time. Go back and start again.</p>`);
