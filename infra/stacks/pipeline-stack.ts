import { Fn, TerraformOutput, TerraformStack, TerraformVariable } from "cdktf";
import type { Construct } from "constructs";
import type { Bundles } from "../bundles/bundles.ts";
import { redirectUri } from "../constructs/function-environment.ts";
import { Identities } from "../constructs/identities.ts";
import type { Environment } from "../environment.ts";
import { makeCalls } from "./make-calls.ts";
import { makeFunctions } from "./make-functions.ts";
import { makeObservability } from "./make-observability.ts";
import { keepState, makePlatform } from "./make-platform.ts";
import { makeBuckets, makeTopics } from "./make-topics-and-buckets.ts";
import { named } from "./named.ts";

/** Everything that the topology describes, in one environment. */
export class PipelineStack extends TerraformStack {
  constructor(scope: Construct, environment: Environment, bundles: Bundles) {
    super(scope, environment.name);
    const versions = this.#secretVersions();
    const secretVersion = (name: string): string => Fn.lookup(versions.value, name, "latest");
    const platform = { ...makePlatform(this, environment), secretVersion };
    keepState(this, platform);
    const identities = new Identities(this, "identities", platform);
    const topics = makeTopics(this, platform);
    makeBuckets(this, platform, topics);
    const functions = makeFunctions(this, { platform, bundles, identities, topics });
    makeCalls(this, { platform, identities, topics, functions });
    makeObservability(this, platform);
    // To be registered for the OAuth client.
    new TerraformOutput(this, "google_redirect_uri", { value: redirectUri(platform) });
    // Where the database's trigger pings.
    new TerraformOutput(this, "relay_ping_url", { value: named(functions, "relay-outbox").url });
    // What `npm run ops -- secrets disable-old` looks at.
    new TerraformOutput(this, "deployed_secret_versions", { value: versions.value });
  }

  /** Named by the deployment, so that a rotated secret is a change of the functions that read it; no value is in it. */
  #secretVersions(): TerraformVariable {
    const description = "newest enabled version of each secret, by its name";
    return new TerraformVariable(this, "secret_versions", { type: "map(string)", default: {}, description });
  }
}
