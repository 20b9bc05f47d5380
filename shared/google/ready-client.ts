/**
 * A gax client with its credentials found. Left to itself it looks for them inside the first call, where a failure is
 * an unhandled rejection that ends the process, and is kept for good; here it is an error, and the next call looks again.
 */
export function readyClient<Client extends { initialize(): Promise<unknown> }>(
  make: () => Client,
): () => Promise<Client> {
  let client: Client | null = null;
  return async () => {
    client ??= make();
    const current = client;
    try {
      await current.initialize();
    } catch (error) {
      if (client === current) client = null;
      throw error;
    }
    return current;
  };
}
