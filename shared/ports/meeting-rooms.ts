/** The part of Meet that a booking needs before its meeting; throws verdicts like the calendar port. */
export interface MeetingRooms {
  /** The stable resource name (`spaces/…`) behind a ten-letter meeting code. */
  spaceOf(userId: string, meetingCode: string): Promise<string>;
  /** Asks Meet to record the meeting by itself once someone who may record joins. */
  requestRecording(userId: string, spaceName: string): Promise<void>;
  /** Takes that back. */
  withdrawRecording(userId: string, spaceName: string): Promise<void>;
}
