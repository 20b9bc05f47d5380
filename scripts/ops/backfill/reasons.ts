/** What a plan's reasons mean, for people. */
const REASONS: Readonly<Record<string, string>> = {
  no_consultant: "the booking has no consultant",
  no_user: "the consultant is not tied to a user",
  unusable_time: "the booking ends before it starts",
  other_platform: "its meeting platform is not Google Meet",
  not_connected: "the consultant has not connected Google; plan again once they have",
  calendar_unread: "the calendar could not be read yet; plan again",
  several_matches: "several events at this time have the customer as a guest",
  claimed_twice: "another booking claims the same event",
  other_booking: "an event of another booking takes this time",
  all_day: "the customer is invited to an all-day event on this date",
  other_times: "the customer is invited to an event that takes some of this time",
  overlaps: "another event takes some of this time",
  customer_not_invited: "an event has exactly these times, and the customer is not its guest",
  not_organizer: "the event at this time is somebody else's",
  declined: "the event at this time was declined",
  series: "the event at this time is one of a series",
  other_conference: "the event at this time has another conference than Google Meet",
  gone: "the event is no longer there",
  other_calendar: "the consultant uses another calendar by now",
};

export const describeReason = (reason: string): string => REASONS[reason] ?? reason;

const VERDICTS: Readonly<Record<string, string>> = {
  undo: "would be undone",
  undoing: "are being undone",
  undone: "are undone",
  changed: "stay: their platform has changed them since (--include-changed undoes them too)",
  held: "stay: their meeting has begun or was recorded",
  gone: "have nothing left to undo: they were called off or deleted",
};

export const describeReturn = (verdict: string): string => VERDICTS[verdict] ?? verdict;
