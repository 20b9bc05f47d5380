import { readFileSync } from "node:fs";
import path from "node:path";
import type { Plugin } from "esbuild";

interface Lockfile {
  readonly packages: Readonly<Record<string, { readonly version?: string }>>;
}

/**
 * Where each installed package's one copy lives: folder of a copy -> folder of the copy to use, for copies of the same
 * version only. npm nests a copy of google-gax in nearly every Google client; loading it once saves start-up time.
 */
export function oneCopyOfEach(lockfile: Lockfile): Map<string, string> {
  const chosen = new Map<string, string>();
  const folders = Object.keys(lockfile.packages).filter((folder) => folder.startsWith("node_modules/"));
  // Shortest, then first by name: the choice must not depend on the order in which modules are found.
  folders.sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  return new Map(
    folders.map((folder) => {
      const name = folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length);
      const identity = `${name}@${lockfile.packages[folder]?.version}`;
      const copy = chosen.get(identity) ?? folder;
      chosen.set(identity, copy);
      return [folder, copy];
    }),
  );
}

/** Makes every import of a package end in its one copy. */
export function oneCopyPlugin(root: string): Plugin {
  const copies = oneCopyOfEach(JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8")) as Lockfile);
  return {
    name: "one-copy",
    setup(build) {
      build.onResolve({ filter: /^[^./#]/ }, async ({ path: specifier, pluginData, ...rest }) => {
        if (pluginData === "resolved" || rest.kind === "entry-point") return undefined;
        const { importer, resolveDir, kind, with: attributes } = rest;
        const found = await build.resolve(specifier, {
          importer,
          resolveDir,
          kind,
          with: attributes,
          pluginData: "resolved",
        });
        if (found.errors.length > 0 || found.external || !path.isAbsolute(found.path)) return found;
        return { ...found, path: path.join(root, inOneCopy(path.relative(root, found.path), copies)) };
      });
    },
  };
}

/** The same file in the copy to use. */
function inOneCopy(file: string, copies: ReadonlyMap<string, string>): string {
  const folder = /^(.*node_modules[\\/](@[^\\/]+[\\/])?[^\\/]+)/.exec(file)?.[1];
  const copy = folder === undefined ? undefined : copies.get(folder.replaceAll("\\", "/"));
  return folder === undefined || copy === undefined ? file : copy + file.slice(folder.length);
}
