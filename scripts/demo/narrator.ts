import pc from "picocolors";
import { INSERT_BOOKING } from "../local/booking-platform.ts";
import type { DemoListener, DemoResult, Stage, StageName } from "./run-demo.ts";

/** Tells a person what happens; everything goes to stderr except the result. */
export interface Narrator extends DemoListener {
  starting(): void;
  readonly preparing: (step: string) => void;
  show(result: DemoResult): void;
  readonly stopping: () => void;
  /** Takes the progress line away. */
  end(): void;
}

const TITLES: Readonly<Record<StageName, string>> = {
  connect: "A consultant connects Google",
  book: "The platform inserts a confirmed booking",
  schedule: "Calendar event and Meet link",
  meet: "The meeting is held and recorded",
  capture: "The recording's audio is brought to safety",
  transcribe: "Speech-to-Text hears it; speakers get their names",
  analyze: "Sentiment, entities and a summary",
};

const TICK_MS = 100;
const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const TRANSCRIPT_LINES = 6;
const LINE_WIDTH = 110;

/** Narrates on a terminal with a live line per step; elsewhere one line per finished step. */
export function makeNarrator({ quiet }: { readonly quiet: boolean }): Narrator {
  const begun = performance.now();
  const line = quiet || !process.stderr.isTTY ? null : makeLiveLine();
  const say = (text: string): void => {
    if (quiet) return;
    line?.clear();
    process.stderr.write(`${text}\n`);
  };
  let current: { readonly stage: StageName; readonly since: number; detail: string } | null = null;
  return {
    starting: () => say(pc.bold("Booking Insights: from a booking row to insights, on this machine alone")),
    preparing: (step) => (line === null ? say(pc.dim(`  starting ${step}`)) : line.set(() => `starting ${step}`)),
    started: (stage) => {
      const running = { stage, since: performance.now(), detail: "" };
      current = running;
      line?.set(() => `${TITLES[stage]} ${pc.dim(`${seconds(performance.now() - running.since)} ${running.detail}`)}`);
    },
    progress: (stage, detail) => {
      if (current?.stage === stage) current.detail = detail;
    },
    ended: (stage) => say(stageLine(stage, performance.now() - begun)),
    show: (result) => {
      line?.clear();
      console.log(resultText(result));
    },
    stopping: () => say("stopping"),
    end: () => line?.clear(),
  };
}

function stageLine({ name, durationMs, result }: Stage, sinceStartMs: number): string {
  const head = `${pc.green("✓")} ${pc.dim(seconds(sinceStartMs).padStart(7))}  ${TITLES[name]} ${pc.dim(`(${seconds(durationMs)})`)}`;
  const body = `             ${pc.cyan(cut(oneLine(result)))}`;
  return name === "book" ? `${head}\n${body}\n${pc.dim(indented(INSERT_BOOKING))}` : `${head}\n${body}`;
}

function resultText({ booking, elapsedMs, timeline }: DemoResult): string {
  const insights = booking.ai_insights ?? {};
  const transcript = (booking.meeting_transcript ?? "").split("\n");
  const columns = Object.entries(booking)
    .filter(([name, value]) => value !== null && name !== "meeting_transcript" && name !== "ai_insights")
    .map(([name, value]) => `  ${name.padEnd(26)} ${cut(printable(value))}`);
  return [
    `\n${pc.bold("The booking row")}`,
    ...columns,
    `\n${pc.bold("Its story")}`,
    ...timeline.map(({ at, event }) => `  ${pc.dim((at ?? "").slice(11, 23).padEnd(12))} ${cut(event)}`),
    `\n${pc.bold("Summary")}`,
    ...summaryLines(insights["summary"]).map((text) => `  ${text}`),
    `\n${pc.bold("Sentiment")} ${printable(insights["sentiment"])}`,
    `${pc.bold("Entities")}  ${cut(entityNames(insights["entities"]))}`,
    `\n${pc.bold("Transcript")} ${pc.dim(`(first ${TRANSCRIPT_LINES} of ${transcript.length} turns)`)}`,
    ...transcript.slice(0, TRANSCRIPT_LINES).map((text) => `  ${cut(text)}`),
    `\n${pc.dim(`from connecting to insights in ${seconds(elapsedMs)}`)}`,
  ].join("\n");
}

function summaryLines(summary: unknown): string[] {
  return (typeof summary === "string" ? summary : printable(summary)).split("\n");
}

function entityNames(entities: unknown): string {
  if (!Array.isArray(entities)) return "none";
  return entities
    .slice(0, 12)
    .map((entity: { name?: string; type?: string }) => `${entity.name} (${entity.type?.toLowerCase()})`)
    .join(", ");
}

// Names and talk come from people: control characters must not reach the terminal.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is being replaced
const oneLine = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, " ");
const printable = (value: unknown): string =>
  oneLine(typeof value === "string" ? value : (JSON.stringify(value) ?? ""));
const cut = (text: string): string => {
  const clean = oneLine(text);
  return clean.length > LINE_WIDTH ? `${clean.slice(0, LINE_WIDTH - 1)}…` : clean;
};
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const indented = (text: string): string => text.replaceAll(/^/gm, "             ");

interface LiveLine {
  set(text: () => string): void;
  clear(): void;
}

/** One line at the bottom that is drawn again ten times a second while something runs. */
function makeLiveLine(): LiveLine {
  let text: (() => string) | null = null;
  let frame = 0;
  const draw = (): void => {
    if (text === null) return;
    frame += 1;
    process.stderr.write(`\r\u001b[2K${pc.yellow(FRAMES[frame % FRAMES.length] ?? "")} ${text()}`);
  };
  setInterval(draw, TICK_MS).unref();
  return {
    set: (next) => {
      text = next;
      draw();
    },
    clear: () => {
      text = null;
      process.stderr.write("\r\u001b[2K");
    },
  };
}
