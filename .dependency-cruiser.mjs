// Which room may import which (type imports included), and who may use which package. `npm run check` runs it and
// proves that it works; an editor's plugin may read it too. Each room of the table may also import itself.
const OWN = "^(functions|infra|shared|scripts|db)/";
const TEST = "\\.test\\.ts$|/testing/";

const shared = (...rooms) => rooms.map((room) => `^shared/${room}/`);
const withoutAdapters = shared("kernel", "domain", "contracts", "ports");

/** room: what it may import of ours. */
const ROOMS = {
  "^shared/kernel/": [],
  "^shared/domain/": shared("kernel"),
  "^shared/contracts/": shared("kernel", "domain"),
  "^shared/ports/": shared("kernel", "domain"),
  "^shared/runtime/": shared("kernel", "contracts", "ports"),
  "^shared/google/": withoutAdapters,
  "^shared/supabase/": withoutAdapters,
  "^shared/media/": withoutAdapters,
  "^shared/mail/": withoutAdapters,
  "^infra/topology/": shared("contracts"),
  "^infra/(?!topology/)": ["^infra/topology/"],
  "^scripts/emulators/": shared("kernel"),
  "^scripts/local/(?!database/)": ["^scripts/local/database/", "^infra/topology/", "^scripts/emulators/"],
  "^scripts/local/database/": ["^scripts/emulators/supabase/", "^scripts/local/"],
};

/** room: the packages it may use beside Node's own modules. Rooms that are not here may use any. */
const PACKAGES = {
  "^shared/(kernel|domain|ports)/": [],
  "^shared/contracts/": ["zod"],
  "^shared/runtime/": ["zod", "pino", "@google-cloud/functions-framework"],
  "^shared/google/": [
    "zod",
    "@node-rs/crc32",
    "googleapis",
    "google-auth-library",
    "@google-cloud/(?!functions-framework)[^/]+",
    "@opentelemetry/(api|exporter-trace-otlp-proto|sdk-trace-base)",
  ],
  "^shared/supabase/": ["zod", "jose", "@supabase/supabase-js", "@supabase/postgrest-js"],
  "^shared/media/": ["mediabunny"],
  "^shared/mail/": ["nodemailer"],
  "^infra/topology/": [],
  "^infra/environment\\.ts$": ["zod"],
  "^infra/permissions/": ["typescript"],
  "^infra/(?!topology/|permissions/|environment\\.ts$)": ["cdktf", "constructs", "@cdktf/provider-google"],
  "^functions/[^/]+/index\\.ts$": ["@google-cloud/functions-framework"],
  "^functions/google-auth/(handler|pages)\\.ts$": ["zod", "hono"],
  "^functions/(?![^/]+/index\\.ts$|google-auth/(handler|pages)\\.ts$)": ["zod"],
};

const packagePaths = (names) => names.map((name) => `(^|node_modules/)(@types/)?${name}(/|$)`);
const slug = (room) =>
  room
    .replace("(?!", "(not-")
    .replaceAll(/[^a-z]+/g, "-")
    .replaceAll(/^-|-$/g, "");

const roomRules = Object.entries(ROOMS).map(([room, allowed]) => ({
  name: `room-${slug(room)}`,
  comment: `imports of ours it may have: itself${allowed.map((path) => `, ${path.slice(1)}`).join("")}`,
  severity: "error",
  from: { path: room, pathNot: TEST },
  to: { path: OWN, pathNot: [room, ...allowed] },
}));

const packageRules = Object.entries(PACKAGES).map(([room, names]) => ({
  name: `packages-${slug(room)}`,
  comment: `packages it may use: ${names.join(", ") || "none"}`,
  severity: "error",
  from: { path: room, pathNot: TEST },
  to: {
    dependencyTypesNot: ["core", "local", "aliased-subpath-import"],
    pathNot: ["^node:", ...packagePaths(names)],
  },
}));

/** What tests and the rooms that serve them may import beyond what their neighbours may. */
const TEST_REACH = ["^shared/", "^functions/", "^infra/", "^scripts/emulators/", "^scripts/local/database/"];

const functionRules = [
  {
    name: "function-imports-no-other-function",
    comment: "functions are deployed on their own; what two need belongs in shared",
    severity: "error",
    from: { path: "^functions/([^/]+)/" },
    to: { path: "^functions/", pathNot: "^functions/$1/" },
  },
  {
    name: "function-sees-no-adapter",
    comment: "only index.ts sees adapters; everything else takes ports through makeHandler(deps)",
    severity: "error",
    from: { path: "^functions/", pathNot: ["^functions/[^/]+/index\\.ts$", TEST] },
    to: { path: OWN, pathNot: ["^functions/", ...withoutAdapters] },
  },
  {
    name: "ports-are-types-in-functions",
    comment: "a port is an interface: import type",
    severity: "error",
    from: { path: "^functions/", pathNot: TEST },
    to: { path: "^shared/ports/", dependencyTypesNot: ["type-only"] },
  },
  {
    name: "composition-root",
    comment: "index.ts builds a function from shared (never its testing room) and the topology",
    severity: "error",
    from: { path: "^functions/[^/]+/index\\.ts$" },
    to: { path: OWN, pathNot: ["^functions/", "^shared/(?!testing/)", "^infra/topology/"] },
  },
];

const testRules = [
  {
    name: "product-never-imports-tests",
    comment: "tests, builders and doubles stay out of what is deployed and of the scripts",
    severity: "error",
    from: { path: OWN, pathNot: [TEST, "^db/tests/"] },
    to: { path: `${TEST}|^db/tests/` },
  },
  {
    name: "test-reach",
    comment: "tests may use rooms of the product, emulators and the database; the whole stack is for scripts/e2e",
    severity: "error",
    from: { path: `^(shared|functions|db|infra)/.*(${TEST})|^(db/tests|shared/testing)/` },
    to: { path: OWN, pathNot: [...TEST_REACH, "^db/tests/", "^scripts/checks/database-types\\.ts$"] },
  },
];

const emulatorRules = [
  {
    name: "emulator-test-reach",
    comment: "an emulator is tested with the official client, not with the adapter that it tests",
    severity: "error",
    from: { path: "^scripts/emulators/.*\\.test\\.ts$" },
    to: { path: OWN, pathNot: ["^scripts/emulators/", "^scripts/local/database/", "^shared/(kernel|testing)/"] },
  },
];

const graphRules = [
  {
    name: "no-cycles",
    comment: "a cycle, even of types, makes two files one; move what both need into a third",
    severity: "error",
    from: { path: OWN },
    to: { circular: true },
  },
  {
    name: "everything-resolves",
    comment: "an import that nobody can follow would slip through every other rule",
    severity: "error",
    from: { path: OWN },
    to: { couldNotResolve: true },
  },
  {
    name: "scripts-stay-outside",
    comment: "nothing that is deployed knows the scripts",
    severity: "error",
    from: { path: "^(functions|shared|infra)/", pathNot: TEST },
    to: { path: "^(scripts|db)/" },
  },
];

/** @type {import("dependency-cruiser").IConfiguration} */
const configuration = {
  forbidden: [...roomRules, ...packageRules, ...functionRules, ...testRules, ...emulatorRules, ...graphRules],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "node_modules/.*/node_modules" },
    tsPreCompilationDeps: true,
    parser: "tsc",
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["types", "import", "node", "default", "require"],
      extensions: [".ts", ".d.ts", ".mjs", ".js", ".json"],
    },
  },
};

// dependency-cruiser reads the default export.
export default configuration;
