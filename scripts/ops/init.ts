import { rename, writeFile } from "node:fs/promises";
import type { Environment } from "../../infra/environment.ts";
import { parseEnvironments } from "../../infra/environment.ts";
import { type Ask, askOnTerminal } from "./ask.ts";
import { type Command, CommandError, type CommandInput, type CommandResult } from "./command.ts";
import { type ConsoleStep, consoleSteps, redirectUriOf, stepsInWords } from "./console-steps.ts";
import { environmentsFile, loadEnvironments } from "./environment-file.ts";
import { type AnswerCheck, checkProject, checkSupabase, type ProjectCheck } from "./init-checks.ts";
import {
  type Draft,
  fieldProblem,
  finished,
  newDraft,
  type Question,
  questions,
  valueAt,
  withAnswer,
} from "./init-questions.ts";
import { renderEnvironments } from "./render-environments.ts";

const USAGE = `npm run ops -- init --env ENV [--dry-run] [--json] [answers]

Asks what an environment needs, checks each answer, writes infra/environments.ts (or --file FILE), and prints the steps in
Google's and Supabase's consoles that no API offers, with links and the values to paste. Run again to change an answer:
what is there is proposed. Secrets are not asked for. Answers may be given, so that nothing is asked:
${questions.map(({ flag, message }) => `  --${flag.padEnd(18)} ${message}`).join("\n")}
--dry-run     prints the file instead of writing it
--unchecked   takes answers that the outside refuses (Supabase does not answer, the project is not yours)`;

interface Answered {
  readonly environment: Environment;
  readonly supabase: AnswerCheck;
  readonly project: ProjectCheck;
}

/** `ask` reaches a person, where there is one. */
export function makeInitCommand(ask: () => Ask): Command {
  return {
    name: "init",
    summary: "describes an environment: asks, checks, writes the file, prints the console steps",
    usage: USAGE,
    options: {
      ...Object.fromEntries(questions.map(({ flag }) => [flag, "value" as const])),
      ...{ env: "value", file: "value", "dry-run": "flag", unchecked: "flag" },
    },
    positionals: { min: 0, max: 0 },
    run: (input) => initialize(input, ask()),
  };
}

export const init = makeInitCommand(askOnTerminal);

async function initialize(input: CommandInput, ask: Ask): Promise<CommandResult> {
  const file = environmentsFile(input.arguments);
  const existing = await loadEnvironments(file);
  const name = await nameOf(input, existing, ask);
  const before = existing.find((environment) => environment.name === name);
  const draft = await answerAll(before ?? newDraft(name), input, ask);
  const answered = await checkOutside(finished(draft), input);
  const { environment, project } = answered;
  const others = existing.filter((one) => one !== before);
  const list =
    before === undefined ? [...others, environment] : existing.map((one) => (one === before ? environment : one));
  assertApart(list);
  const text = await renderEnvironments(file, list);
  const dryRun = input.arguments.flags.has("dry-run");
  if (!dryRun) await writeWhole(file, text);
  const steps = consoleSteps(environment, project.projectNumber);
  return {
    report: reportOf(answered, { file, text, dryRun, steps }),
    lines: linesOf(answered, { file, text, dryRun, steps }),
    ok: true,
  };
}

async function nameOf(input: CommandInput, existing: readonly Environment[], ask: Ask): Promise<string> {
  const problem = (name: string): string | null => fieldProblem(newDraft(name), ["name"]);
  const known = existing.map(({ name }) => name).join(", ");
  const message = `Name of the environment (there are ${known || "none"})`;
  const problemOf = async (answer: string): Promise<string | null> => problem(answer);
  const given = input.arguments.values["env"] ?? (await ask?.({ message, proposal: undefined, problemOf }));
  if (given === undefined) throw new CommandError(`Say which environment: --env NAME (there are ${known || "none"}).`);
  const wrong = problem(given);
  if (wrong !== null) throw new CommandError(`--env: ${wrong}.`);
  return given;
}

/** Flags first, then a person, then what was there; every wrong or missing flag is told at once. */
async function answerAll(start: Draft, input: CommandInput, ask: Ask): Promise<Draft> {
  const problems: string[] = [];
  let draft = start;
  for (const question of questions) {
    const given = input.arguments.values[question.flag];
    const proposal = valueAt(draft, question.path) ?? question.proposal?.(draft);
    const answer = given ?? (ask === null ? proposal : await askOne(question, draft, { ask, proposal, input }));
    if (answer === undefined && question.optional) continue;
    draft = answer === undefined ? draft : withAnswer(draft, question, answer);
    const problem = answer === undefined ? "is missing" : fieldProblem(draft, question.path);
    if (problem !== null) problems.push(`--${question.flag}: ${problem} (${question.message})`);
  }
  if (problems.length === 0) return draft;
  throw new CommandError(`Nothing was written:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
}

interface Asking {
  readonly ask: NonNullable<Ask>;
  readonly proposal: string | undefined;
  readonly input: CommandInput;
}

const askOne = (question: Question, draft: Draft, { ask, proposal, input }: Asking): Promise<string> =>
  ask({
    message: question.hint === undefined ? question.message : `${question.message}\n  ${question.hint(draft)}\n `,
    ...{ choices: question.choices, proposal },
    problemOf: async (answer) => {
      const problem = fieldProblem(withAnswer(draft, question, answer), question.path);
      return problem ?? (await outsideProblem(question, answer, input));
    },
  });

/** While a person is there, a wrong answer is told at once. */
async function outsideProblem({ flag }: Question, answer: string, input: CommandInput): Promise<string | null> {
  if (input.arguments.flags.has("unchecked")) return null;
  const check = OUTSIDE[flag];
  const { result, detail } = check === undefined ? { result: "right", detail: "" } : await check(answer, input);
  return result === "wrong" ? detail : null;
}

const OUTSIDE: Readonly<Record<string, (answer: string, input: CommandInput) => Promise<AnswerCheck>>> = {
  "project-id": (projectId, { environment }) =>
    checkProject(projectId, environment["GOOGLE_RESOURCE_MANAGER_ENDPOINT"]),
  "supabase-url": (url) => checkSupabase(url),
};

async function checkOutside(environment: Environment, input: CommandInput): Promise<Answered> {
  const [supabase, project] = await Promise.all([
    checkSupabase(environment.supabaseUrl),
    checkProject(environment.projectId, input.environment["GOOGLE_RESOURCE_MANAGER_ENDPOINT"]),
  ]);
  const wrong = [supabase, project].filter(({ result }) => result === "wrong");
  if (wrong.length === 0 || input.arguments.flags.has("unchecked")) return { environment, supabase, project };
  const problems = wrong.map(({ detail }) => `  ${detail}`).join("\n");
  throw new CommandError(`Nothing was written:\n${problems}\n--unchecked writes it all the same.`);
}

function assertApart(list: readonly Environment[]): void {
  try {
    parseEnvironments(list);
  } catch (error) {
    throw new CommandError(`Nothing was written. ${(error as Error).message}`, error);
  }
}

/** Whoever reads it meanwhile sees the old file or the new one. */
async function writeWhole(file: string, text: string): Promise<void> {
  const beside = `${file}.${process.pid}.tmp`;
  await writeFile(beside, text);
  await rename(beside, file);
}

interface Written {
  readonly file: string;
  readonly text: string;
  readonly dryRun: boolean;
  readonly steps: readonly ConsoleStep[];
}

const reportOf = ({ environment, supabase, project }: Answered, { file, text, dryRun, steps }: Written) => ({
  ...{ ok: true, dryRun, file, environment, consoleSteps: steps, next: nextSteps(environment) },
  checks: { supabase, project },
  redirectUri: redirectUriOf(environment, project.projectNumber),
  ...(dryRun && { text }),
});

const checkInWords = (what: string, { result, detail }: AnswerCheck): string =>
  `${what}: ${{ right: "checked", wrong: "WRONG", unchecked: "not checked" }[result]}: ${detail}`;

const nextSteps = ({ name }: Environment): string[] => [
  `npm run deploy -- ${name} --dry-run`,
  `npm run deploy -- ${name}`,
  `npm run ops -- secrets list --env ${name}`,
];

const linesOf = ({ environment, supabase, project }: Answered, { file, text, dryRun, steps }: Written): string[] => [
  ...(dryRun ? [text] : [`${environment.name} is in ${file}.`]),
  checkInWords("Google Cloud project", project),
  checkInWords("Supabase project", supabase),
  "",
  "No API offers these; in this order:",
  ...stepsInWords(steps),
  "",
  "Then:",
  ...nextSteps(environment).map((command) => `    ${command}`),
];
