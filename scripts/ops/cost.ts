import { type Command, type CommandArguments, CommandError, type CommandInput, type CommandResult } from "./command.ts";
import { type BillOptions, billOf } from "./cost/bill.ts";
import { forecastQuantities, type LanguageFeature, languageFeatures, type Plan } from "./cost/forecast.ts";
import { dollars } from "./cost/money.ts";
import { billLines, billReport } from "./cost/show-bill.ts";
import { quantitiesOf, readUsage, type Usage } from "./cost/usage.ts";
import { assertConsultant } from "./known-consultant.ts";
import { counted } from "./pipeline-status.ts";
import { readCount, readUuid } from "./read-arguments.ts";

const DEFAULT_DAYS = 30;
const MAX_DAYS = 3_660;

export const cost: Command = {
  name: "cost",
  summary: "what bookings cost: one, all of a period, or a forecast, from a table of prices with their sources",
  usage: `npm run ops -- cost [BOOKING | --forecast --bookings N --minutes N] [OPTIONS]

What Google is paid, line by line, from what the ledger counted: Speech minutes, units of Natural Language, storage,
calls of functions. A repeated transcription that was paid counts again.
  BOOKING            one booking so far
  --since N          without BOOKING: the last N days, as 30d (${DEFAULT_DAYS}d)
  --consultant ID    only bookings of one consultant (consultants.id)
  --forecast         a month of bookings that are all recorded, with the free tier of each price beside it
  --bookings N         so many a month
  --minutes N          minutes of each meeting
  --speech KIND        standard (as deployed), or dynamic-batch: within 24 hours at a discount
  --features LIST      of Natural Language: ${languageFeatures.join(",")} (all), or none
  --residency KIND   us or eu (DATA_RESIDENCY, else us)
  --json             one JSON object on stdout; amounts in millionths of a US dollar
List prices without discounts; a price that nobody could read at its source says "not verified".`,
  options: {
    ...{ since: "value", consultant: "value", forecast: "flag", bookings: "value", minutes: "value" },
    ...{ speech: "value", features: "value", residency: "value" },
  },
  positionals: { min: 0, max: 1 },
  run: async (input) => {
    const { positionals, flags, values } = input.arguments;
    const isForecast = flags.has("forecast");
    refuseMixed({ isForecast, hasBooking: positionals.length > 0, values });
    if (isForecast) return forecast(input);
    return positionals[0] === undefined ? periodCost(input) : bookingCost(input, positionals[0]);
  },
};

const FORECAST_ONLY = ["bookings", "minutes", "speech", "features"];

function refuseMixed(asked: {
  readonly isForecast: boolean;
  readonly hasBooking: boolean;
  readonly values: CommandArguments["values"];
}): void {
  const { isForecast, hasBooking, values } = asked;
  const given = (names: readonly string[]): string[] => names.filter((name) => values[name] !== undefined);
  const wrong = isForecast
    ? given(["since", "consultant"])
    : given(hasBooking ? [...FORECAST_ONLY, "since", "consultant"] : FORECAST_ONLY);
  if (isForecast && hasBooking) throw new CommandError("A forecast is about no BOOKING; leave one of the two out.");
  if (wrong.length > 0)
    throw new CommandError(`--${wrong[0]} does not go with this; npm run ops -- cost --help says what does.`);
}

async function bookingCost(input: CommandInput, text: string): Promise<CommandResult> {
  const bookingId = readUuid(text, "booking");
  const usage = await readUsage(input.database(), { bookingId });
  if (usage.bookings === 0 && Object.keys(usage.status).length === 0) {
    throw new CommandError(`Nothing is known of a booking ${bookingId}. Is SUPABASE_URL the right project?`);
  }
  const bill = billOf(quantitiesOf(usage), { ...optionsOf(input), isMonth: false });
  const lines = [`Booking ${bookingId} so far: ${dollars(bill.total)}`, "", ...billLines(bill), ...unconfirmed(usage)];
  return { report: { bookingId, ...billReport(bill), usage: usageReport(usage) }, lines, ok: true };
}

async function periodCost(input: CommandInput): Promise<CommandResult> {
  const { arguments: args, database } = input;
  const days = readDays(args.values["since"]);
  const consultant = args.values["consultant"];
  const consultantId = consultant === undefined ? undefined : readUuid(consultant, "consultant");
  const supabase = database();
  if (consultantId !== undefined) await assertConsultant(supabase, consultantId);
  const usage = await readUsage(supabase, { consultantId, since: new Date(Date.now() - days * 86_400_000) });
  const bill = billOf(quantitiesOf(usage), { ...optionsOf(input), isMonth: false });
  const mean = usage.bookings === 0 ? 0n : bill.total / BigInt(usage.bookings);
  const lines = [
    `${counted(days, "day")}, ${counted(usage.bookings, "booking")} worked on: ${dollars(bill.total)}, ${dollars(mean)} for each`,
    `Meetings of this time: ${funnel(usage)}; ${usage.recordings} recordings, ${usage.transcripts} transcripts`,
    ...["", ...billLines(bill), ...unconfirmed(usage)],
  ];
  const report = {
    days,
    consultantId: consultantId ?? null,
    perBookingMicroDollars: Number(mean),
    ...billReport(bill),
  };
  return { report: { ...report, usage: usageReport(usage) }, lines, ok: true };
}

async function forecast(input: CommandInput): Promise<CommandResult> {
  const plan = readPlan(input.arguments);
  const options = { ...optionsOf(input), isMonth: true };
  const bill = billOf(forecastQuantities(plan), options);
  const other = plan.speech === "standard" ? "dynamic-batch" : "standard";
  const otherBill = billOf(forecastQuantities({ ...plan, speech: other }), options);
  const toPay = bill.total - (bill.free ?? 0n);
  const lines = [
    `${plan.bookings} bookings of ${plan.minutes} minutes a month: ${dollars(bill.total)}, ${dollars(bill.total / plan.bookings)} for each; ${dollars(toPay)} after the free tiers`,
    `With Speech ${other}: ${dollars(otherBill.total)}, ${dollars(otherBill.total / plan.bookings)} for each`,
    ...["", ...billLines(bill)],
  ];
  const { bookings, minutes, speech, features } = plan;
  const asked = { bookings: Number(bookings), minutes: Number(minutes), speech, features: [...features] };
  const report = { forecast: asked, perBookingMicroDollars: Number(bill.total / bookings), ...billReport(bill) };
  return {
    report: { ...report, alternative: { speech: other, microDollars: Number(otherBill.total) } },
    lines,
    ok: true,
  };
}

function readPlan(args: CommandArguments): Plan {
  const { values } = args;
  for (const name of ["bookings", "minutes"]) {
    if (values[name] === undefined) throw new CommandError(`A forecast needs --${name} N.`);
  }
  const bookings = BigInt(readCount(args, "bookings", { fallback: 1, max: 10_000_000 }));
  const minutes = BigInt(readCount(args, "minutes", { fallback: 1, max: 480 }));
  const speech = oneOf(values["speech"] ?? "standard", "speech", ["standard", "dynamic-batch"] as const);
  const list = values["features"] ?? languageFeatures.join(",");
  const names = list === "none" ? [] : list.split(",").map((name) => name.trim());
  const features = new Set<LanguageFeature>(names.map((name) => oneOf(name, "features", languageFeatures)));
  if (features.has("entity-sentiment") && !features.has("entities"))
    throw new CommandError("--features: entity-sentiment comes with entities.");
  return { bookings, minutes, speech, features };
}

function oneOf<Value extends string>(text: string, name: string, known: readonly Value[]): Value {
  const found = known.find((one) => one === text);
  if (found === undefined) throw new CommandError(`--${name} takes ${known.join(", ")}, not "${text}".`);
  return found;
}

function optionsOf({ arguments: { values }, environment }: CommandInput): Pick<BillOptions, "residency"> {
  const text = values["residency"] ?? (environment["DATA_RESIDENCY"] || "us");
  return { residency: oneOf(text, "residency", ["us", "eu"] as const) };
}

/** `30d` or `30`. */
function readDays(text: string | undefined): number {
  if (text === undefined) return DEFAULT_DAYS;
  const days = Number(/^(\d{1,4})d?$/.exec(text)?.[1]);
  if (days >= 1 && days <= MAX_DAYS) return days;
  throw new CommandError(`--since takes days, as 30d, up to ${MAX_DAYS}d, not "${text}".`);
}

function funnel({ status }: Usage): string {
  const entries = Object.entries(status).sort(([a], [b]) => a.localeCompare(b));
  return entries.length === 0 ? "none" : entries.map(([name, count]) => `${count} ${name}`).join(", ");
}

function unconfirmed({ unconfirmedSpeechSeconds: seconds }: Usage): string[] {
  if (seconds === 0n) return [];
  return [
    `Speech may have billed ${(seconds + 59n) / 60n} minutes more: it was asked, and nobody knows whether it took the job.`,
  ];
}

const usageReport = (usage: Usage): object =>
  JSON.parse(
    JSON.stringify(usage, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value)),
  ) as object;
