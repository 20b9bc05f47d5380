/** A parsed `fields` parameter: which keys, and which of theirs; `"*"` keeps all keys. */
type Selection = Map<string, Selection | "all">;

/**
 * Google's partial response: `fields=items(id,status),nextPageToken` or `owners/emailAddress` or `*`.
 * Keys that the value lacks are left out. Throws a SyntaxError for unbalanced or empty selections.
 */
export function partialResponse(value: unknown, fields: string): unknown {
  const reader = { text: fields.replaceAll(/\s/g, ""), at: 0 };
  const selection = readSelection(reader);
  if (reader.at !== reader.text.length) throw new SyntaxError(`Invalid field selection ${fields}`);
  return select(value, selection);
}

function readSelection(reader: { readonly text: string; at: number }): Selection {
  const selection: Selection = new Map();
  do {
    const name = /[^,()/]+/y;
    name.lastIndex = reader.at;
    const key = name.exec(reader.text)?.[0];
    if (key === undefined) throw new SyntaxError(`Invalid field selection ${reader.text}`);
    reader.at += key.length;
    merge(selection, key, readInner(reader));
  } while (reader.text[reader.at] === "," && reader.at++ >= 0);
  return selection;
}

function readInner(reader: { readonly text: string; at: number }): Selection | "all" {
  if (reader.text[reader.at] === "/") {
    reader.at += 1;
    const name = /[^,()/]+/y;
    name.lastIndex = reader.at;
    const key = name.exec(reader.text)?.[0];
    if (key === undefined) throw new SyntaxError(`Invalid field selection ${reader.text}`);
    reader.at += key.length;
    return new Map([[key, readInner(reader)]]);
  }
  if (reader.text[reader.at] !== "(") return "all";
  reader.at += 1;
  const inner = readSelection(reader);
  if (reader.text[reader.at] !== ")") throw new SyntaxError(`Invalid field selection ${reader.text}`);
  reader.at += 1;
  return inner;
}

function merge(into: Selection, key: string, inner: Selection | "all"): void {
  const present = into.get(key);
  if (present === undefined || inner === "all") into.set(key, inner);
  else if (present !== "all") for (const [name, deeper] of inner) merge(present, name, deeper);
}

function select(value: unknown, selection: Selection | "all"): unknown {
  if (selection === "all" || value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item: unknown) => select(item, selection));
  const rest = selection.get("*");
  const kept = Object.entries(value).flatMap(([key, item]: [string, unknown]) => {
    const inner = selection.get(key) ?? rest;
    return inner === undefined ? [] : [[key, select(item, inner)] as const];
  });
  return Object.fromEntries(kept);
}
