import { GoogleAuth } from "google-auth-library";

/**
 * Application Default Credentials: the function's own service account. The project is named, because the library would
 * otherwise ask for it, a `gcloud` of its own process first, which costs a start half a second.
 */
export const serviceAuth = (projectId: string, api: string): GoogleAuth =>
  new GoogleAuth({ projectId, scopes: `https://www.googleapis.com/auth/${api}` });
