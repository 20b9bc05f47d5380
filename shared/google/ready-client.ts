/**
 * A gax client with its credentials found. Left to itself it looks for them inside the first call, where a failure is
 * an unhandled rejection that ends the process, and is kept for good; here it is an error, and the next call looks again.
 * Made at the first call, so that its module is loaded only by those who use it: gax costs a start 100 ms.
 */
export function readyClient<Client extends { initialize(): Promise<unknown> }>(
  make: () => Promise<Client>,
): () => Promise<Client> {
  let client: Promise<Client> | null = null;
  return async () => {
    client ??= make();
    const current = client;
    try {
      await (await current).initialize();
    } catch (error) {
      if (client === current) client = null;
      throw error;
    }
    return current;
  };
}
