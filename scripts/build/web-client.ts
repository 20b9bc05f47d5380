// Put by the bundler in place of Node's globals of the same names, in functions that serve no web requests themselves.
// Node's own are undici: its first `new Headers()` costs a start 32 ms, its first request 27 ms more and all of it
// 25 MB, while node-fetch, which Google's clients bring along anyway, stands on node:http, which the server has loaded.
export { default as fetch, FormData, Headers, Request, Response } from "node-fetch";
