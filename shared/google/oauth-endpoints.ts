import type { OAuth2ClientOptions } from "google-auth-library";

/** Google's OAuth addresses on one other host, as an option of `OAuth2Client`; none for Google itself. */
export function oauthEndpoints(base: string | undefined): Pick<OAuth2ClientOptions, "endpoints"> {
  if (base === undefined) return {};
  return {
    endpoints: {
      oauth2AuthBaseUrl: `${base}/o/oauth2/v2/auth`,
      oauth2TokenUrl: `${base}/token`,
      oauth2RevokeUrl: `${base}/revoke`,
      tokenInfoUrl: `${base}/tokeninfo`,
      oauth2FederatedSignonPemCertsUrl: `${base}/oauth2/v1/certs`,
      oauth2FederatedSignonJwkCertsUrl: `${base}/oauth2/v3/certs`,
    },
  };
}
