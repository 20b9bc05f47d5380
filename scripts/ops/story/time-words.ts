/** Says instants in one time zone, naming the day only when it is another one than was said last. */
export interface TimeTeller {
  /** `on Monday 2 November 2026 at 09:12`, later the same day `at 09:13`. */
  when(at: Date): string;
  /** `Thursday 12 November, 14:00 to 15:00`; what was said last stays what it was. */
  span(from: Date, to: Date): string;
  /** `on Monday 16 November from 10:02 to 10:34`, later the same day `from 10:36 to 10:58`; an open end has no `to`. */
  during(from: Date, to: Date | null): string;
}

/** A teller for a zone's name; one that is unknown here is told in UTC. */
export function makeTimeTeller(timeZone: string): TimeTeller {
  const parts = partsIn(timeZone);
  let said = { day: "", year: "" };
  const dayOf = (at: Date): string => {
    const { weekday, day, month, year } = parts(at);
    return `${weekday} ${day} ${month}${year === said.year ? "" : ` ${year}`}`;
  };
  const clock = (at: Date): string => `${parts(at).hour}:${parts(at).minute}`;
  /** `on Monday 16 November `, or nothing on the day that was said last, which this one is from here on. */
  const newDay = (at: Date): string => {
    const { year = "", month, day } = parts(at);
    const key = `${year} ${month} ${day}`;
    const text = key === said.day ? "" : `on ${dayOf(at)} `;
    said = { day: key, year };
    return text;
  };
  return {
    when: (at) => `${newDay(at)}at ${clock(at)}`,
    span: (from, to) => {
      const isOneDay = dayOf(from) === dayOf(to);
      return `${dayOf(from)}, ${clock(from)} to ${isOneDay ? "" : `${dayOf(to)}, `}${clock(to)}`;
    },
    during: (from, to) => `${newDay(from)}from ${clock(from)}${to === null ? "" : ` to ${clock(to)}`}`,
  };
}

/** The zone if this machine knows it, else UTC. */
export function knownZone(timeZone: string): string {
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone });
    return timeZone;
  } catch {
    return "UTC";
  }
}

interface DateParts {
  readonly weekday?: string;
  readonly day?: string;
  readonly month?: string;
  readonly year?: string;
  readonly hour?: string;
  readonly minute?: string;
}

function partsIn(timeZone: string): (at: Date) => DateParts {
  const format = new Intl.DateTimeFormat("en-GB", {
    ...{ timeZone: knownZone(timeZone), weekday: "long", day: "numeric", month: "long", year: "numeric" },
    ...{ hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  });
  return (at) => Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
}

const SMALL = [
  ...["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
  ...["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"],
];
const TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/** `three`, `forty-two`; from a hundred on in figures. */
export function numberWord(count: number): string {
  if (!Number.isInteger(count) || count < 0 || count >= 100) return count.toLocaleString("en-US");
  const [tens, ones] = [Math.floor(count / 10), count % 10];
  return SMALL[count] ?? `${TENS[tens]}${ones === 0 ? "" : `-${SMALL[ones]}`}`;
}

/** `one try`, `three tries`. */
export function several(count: number, one: string, many = `${one}s`): string {
  return `${numberWord(count)} ${count === 1 ? one : many}`;
}

/** `first`, `second`; figures beyond what a person would say. */
export function ordinal(position: number): string {
  return ORDINALS[position] ?? `${position + 1}th`;
}
const ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];

const [MINUTE, HOUR, DAY] = [60, 3_600, 86_400];
/** What happens within this is told as happening at once. */
export const AT_ONCE_SECONDS = 20;

/** How long something took or lasted, as a person says it: `half a minute`, `forty minutes`, `two days`. */
export function lengthWords(ms: number): string {
  const seconds = Math.max(0, ms / 1_000);
  if (seconds < 45) return several(Math.round(seconds), "second");
  if (seconds < 90) return "one minute";
  if (seconds < 90 * MINUTE) return several(Math.round(seconds / MINUTE), "minute");
  if (seconds < 36 * HOUR) return several(Math.round(seconds / HOUR), "hour");
  return several(Math.round(seconds / DAY), "day");
}

/** `at once`, `forty minutes later`. */
export function gapWords(from: Date, to: Date): string {
  const ms = to.getTime() - from.getTime();
  return ms < AT_ONCE_SECONDS * 1_000 ? "at once" : `${lengthWords(ms)} later`;
}
