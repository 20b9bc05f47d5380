interface Meeting {
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly timeZone: string;
}

/**
 * `Friday 20 November 2026, 10:00 to 11:00 (Europe/Berlin, GMT+1)`, in the meeting's own zone; the second day is
 * named when it ends on another one. Null for a zone that nobody knows.
 */
export function inWords({ startsAt, endsAt, timeZone }: Meeting): string | null {
  const words = formatterOf(timeZone);
  if (words === null) return null;
  const [start, end] = [words(startsAt), words(endsAt)];
  const until = start.day === end.day ? end.time : `${end.day}, ${end.time}`;
  const offset = start.offset === end.offset ? start.offset : `${start.offset}, then ${end.offset}`;
  return `${start.day}, ${start.time} to ${until} (${timeZone}, ${offset})`;
}

interface Words {
  readonly day: string;
  readonly time: string;
  readonly offset: string;
}

function formatterOf(timeZone: string): ((instant: Date) => Words) | null {
  try {
    const format = new Intl.DateTimeFormat("en-GB", {
      timeZone,
      weekday: "long",
      day: "numeric",
      month: "long",
      year: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
      timeZoneName: "shortOffset",
    });
    return (instant) => {
      const part = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, value]));
      return {
        day: `${part["weekday"]} ${part["day"]} ${part["month"]} ${part["year"]}`,
        time: `${part["hour"]}:${part["minute"]}`,
        // ICU versions differ on the name of no offset at all.
        offset: (part["timeZoneName"] ?? "").replace(/^GMT\+0$/, "GMT"),
      };
    };
  } catch {
    return null;
  }
}
