import { functions } from "../topology/functions.ts";
import { type ServiceAgent, serviceAgents } from "../topology/service-agents.ts";
import { clientCalls } from "./client-calls.ts";
import type { PermissionEntry, PermissionTable } from "./permission-table.ts";
import { predefinedRoles } from "./predefined-roles.ts";

/** Where the page is kept, below the project. */
export const PERMISSIONS_PAGE = "docs/permissions.md";

const INTRODUCTION = `# Who may do what, and which call needs it

Written by \`npm run synth -- --permissions\`, not by hand; a test fails when it is out of date. Left: what the synthesized stacks
grant. Right: what needs it, read from the functions' sources (port method: client method, file) and from what the stacks set to work.
Calendars, meetings and recordings in Drive are reached as the consultant, with the scopes of the consent, and are not listed here.
`;

/** The page for a table; the same table gives the same text. */
export function permissionsPage({ entries }: PermissionTable): string {
  const byAccount = Map.groupBy(entries, ({ account }) => account);
  const ofFunctions = new Set<string>(functions.map(({ name }) => name));
  const sections = (wanted: (account: string) => boolean): string =>
    [...byAccount].flatMap(([account, held]) => (wanted(account) ? [sectionOf(account, held)] : [])).join("\n");
  return [
    INTRODUCTION,
    "## Functions\n",
    sections((account) => ofFunctions.has(account)),
    "## Other accounts\n",
    sections((account) => !ofFunctions.has(account)),
    "## Roles of Google's\n",
    rolesOf(entries),
    "## Calls that need no permission\n",
    freeCalls(),
    "## Agents to be asked for\n",
    agentsPart(),
  ].join("\n");
}

const code = (text: string): string => `\`${text}\``;

/** A table whose columns are aligned, as the formatter wants it. */
function tableOf(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [header, widths.map((width) => "-".repeat(width)), ...rows].map(line).join("\n");
}

function sectionOf(account: string, held: readonly PermissionEntry[]): string {
  const rows = held.map(({ permission, on, role, neededBy }) => [
    code(permission),
    on,
    code(role),
    neededBy.join("<br>"),
  ]);
  return `### ${account}\n\n${tableOf(["Permission", "On", "Role", "Needed by"], rows)}\n`;
}

function rolesOf(entries: readonly PermissionEntry[]): string {
  const granted = [...new Set(entries.map(({ role }) => role))].sort();
  const rows = granted.flatMap((role) => {
    const known = predefinedRoles[role];
    return known === undefined ? [] : [[code(role), known.also.map(code).join(", ") || "nothing", known.why]];
  });
  const text = "All others are custom roles of this project and hold what is listed above and nothing else.";
  return `${text}\n\n${tableOf(["Role", "Holds besides", "Why not a custom role"], rows)}\n`;
}

function freeCalls(): string {
  const free = Object.entries(clientCalls).filter(([, call]) => call?.permissions.length === 0);
  const names = free.map(([client]) => code(client)).join(", ");
  return `${names}: Natural Language has no permissions; its API is enabled in the project, and the account is the project's.\n`;
}

function agentsPart(): string {
  const lazy = serviceAgents.filter(({ made }: ServiceAgent) => made === "on first use");
  const rows = lazy.map(({ name, service }) => [name, code(service), name === "pubsub" ? "always" : "with `kmsKey`"]);
  const text = `Google makes these on first use, and refuses grants to what is not there. Before the first apply of a new project:
\`gcloud beta services identity create --project PROJECT --service SERVICE\` (it may be done again).`;
  return `${text}\n\n${tableOf(["Agent", "Service", "When"], rows)}\n`;
}
