/** 128 and the signal's number: what a shell makes of a process that a signal ended. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** What Ctrl-C and TERM turn into. */
export interface Interruption {
  /** Resolves with the exit code at the first signal. */
  readonly happened: Promise<number>;
  /** The exit code, or null while nobody has interrupted. */
  code(): number | null;
}

/**
 * Takes over SIGINT and SIGTERM for the rest of this process's life: the first one is told once, further ones are
 * ignored, since a second Ctrl-C while things stop would leave some of them running.
 */
export function listenForInterruption(tell: () => void): Interruption {
  let code: number | null = null;
  const happened = new Promise<number>((resolve) => {
    for (const [signal, exitCode] of Object.entries(EXIT_CODES)) {
      process.on(signal, () => {
        if (code !== null) return;
        code = exitCode;
        tell();
        resolve(exitCode);
      });
    }
  });
  return { happened, code: () => code };
}
