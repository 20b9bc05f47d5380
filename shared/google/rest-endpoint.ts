/** gax options for a client of another address, a loopback one or a regional one; none for Google's own. */
export function restEndpoint(endpoint: string | undefined): { apiEndpoint?: string; port?: number; protocol?: string } {
  if (endpoint === undefined) return {};
  const url = new URL(endpoint);
  const port = url.port === "" ? {} : { port: Number(url.port) };
  return { apiEndpoint: url.hostname, protocol: url.protocol.slice(0, -1), ...port };
}
