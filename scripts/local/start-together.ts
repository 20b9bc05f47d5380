/** Anything that runs until it is stopped. */
export interface Stoppable {
  stop(): Promise<unknown>;
}

/** Notes a part as started, so that it is stopped with the others. */
export type Keep = <Part extends Stoppable>(part: Part) => Part;

/**
 * Starts parts that belong together. Their `stop` stops them in reverse order; when the start fails, all that were
 * started are stopped, also one that only gets ready after that, and the error is thrown.
 */
export async function startTogether<Started>(
  start: (keep: Keep) => Promise<Started>,
): Promise<Started & { stop(): Promise<void> }> {
  const parts: Stoppable[] = [];
  let stopped = false;
  const keep: Keep = (part) => {
    if (stopped) void part.stop();
    else parts.push(part);
    return part;
  };
  const stop = async (): Promise<void> => {
    stopped = true;
    for (const part of parts.splice(0).reverse()) await part.stop();
  };
  try {
    return { ...(await start(keep)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
