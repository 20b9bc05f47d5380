import { describe, expect, it } from "vitest";
import { at, underReview } from "./policies/policy.ts";
import { review } from "./policies/review.ts";
import type { SynthesizedStack } from "./synthesize.ts";
import { ofType, synthesizeOne, testEnvironment } from "./testing/synthesized.ts";
import { agentsToAskFor, serviceAgents } from "./topology/service-agents.ts";

const kmsKey = "projects/keys/locations/europe-west4/keyRings/ring/cryptoKeys/key";
const vpcConnector = "projects/test-project/locations/europe-west4/connectors/out";
const CONNECTOR = "google_vpc_access_connector";
const serviceConfigs = (stack: SynthesizedStack) =>
  ofType(stack, "google_cloudfunctions2_function").map(({ attributes }) => at(attributes, "service_config"));
const enabled = (stack: SynthesizedStack) =>
  ofType(stack, "google_project_service").map(({ attributes }) => attributes["service"]);

it("nothing optional is made, enabled or paid for unless the environment asks for it", () => {
  const { bootstrap, pipeline } = synthesizeOne(testEnvironment());
  const types = [...underReview(bootstrap).resources, ...underReview(pipeline).resources].map(({ type }) => type);

  expect(types.filter((type) => /compute|vpc|kms|billing/.test(type))).toEqual([]);
  expect(enabled(bootstrap).join()).not.toMatch(/compute|vpc|kms|billing|eventarc/);
});

describe("a key of one's own", () => {
  const { bootstrap, pipeline } = synthesizeOne(testEnvironment({ kmsKey }));
  const grants = ofType(bootstrap, "google_kms_crypto_key_iam_member");

  it("encrypts everything that can be", () => {
    const { violations, skipped } = review([bootstrap, pipeline]);

    expect(violations).toEqual([]);
    expect(skipped.map(({ policy }) => policy)).not.toContain("customer-managed-keys");
  });

  it("may be used by Google's agents alone, on that key and nowhere else", () => {
    const members = grants.map(({ attributes }) => attributes["member"]);
    const agents = serviceAgents.map(
      ({ domain }) => `serviceAccount:service-\${data.google_project.project.number}@${domain}.iam.gserviceaccount.com`,
    );

    expect(members.sort()).toEqual(agents.sort());
    for (const { attributes } of grants) {
      expect(attributes).toMatchObject({
        crypto_key_id: kmsKey,
        role: "roles/cloudkms.cryptoKeyEncrypterDecrypter",
      });
    }
    expect(pipeline.text + bootstrap.text).not.toMatch(/"role":"roles\/cloudkms\.(?!cryptoKeyEncrypterDecrypter)/);
  });

  it("is granted before the first thing that it encrypts, and after the agents are there", () => {
    const keyed = ["google_storage_bucket", "google_secret_manager_secret"].flatMap((type) => ofType(bootstrap, type));
    const addresses = grants.map(({ address }) => address);
    const apis = ofType(bootstrap, "google_project_service").map(({ address }) => address);

    expect(keyed.length).toBeGreaterThan(1);
    for (const { attributes } of keyed) expect(attributes["depends_on"]).toEqual(expect.arrayContaining(addresses));
    for (const { attributes } of grants) expect(attributes["depends_on"]).toEqual(expect.arrayContaining(apis));
    expect(enabled(bootstrap)).toEqual(expect.arrayContaining(["cloudkms.googleapis.com", "eventarc.googleapis.com"]));
  });
});

it("accounts that Google makes on first use are to be asked for: Pub/Sub's always, the others' for a key", () => {
  expect(agentsToAskFor({})).toEqual(["pubsub.googleapis.com"]);
  expect(agentsToAskFor({ kmsKey })).toEqual(
    ["pubsub", "secretmanager", "artifactregistry", "eventarc"].map((name) => `${name}.googleapis.com`),
  );
});

describe("the way out", () => {
  it("is the environment's connector", () => {
    const { bootstrap, pipeline } = synthesizeOne(testEnvironment({ vpcConnector }));

    for (const config of serviceConfigs(pipeline)) {
      expect(config).toMatchObject({ vpc_connector: vpcConnector, vpc_connector_egress_settings: "ALL_TRAFFIC" });
    }
    expect(ofType(pipeline, CONNECTOR)).toEqual([]);
    expect(enabled(bootstrap)).toContain("vpcaccess.googleapis.com");
  });

  it("or one fixed address that everything goes out by, known before the first function starts", () => {
    const { bootstrap, pipeline } = synthesizeOne(testEnvironment({ egressRange: "10.8.0.0/28" }));
    const [connector] = ofType(pipeline, CONNECTOR);
    const [nat] = ofType(pipeline, "google_compute_router_nat");
    const [address] = ofType(pipeline, "google_compute_address");
    const name = `projects/test-project/locations/europe-west4/connectors/\${${connector?.address}.name}`;

    expect(review([bootstrap, pipeline]).violations).toEqual([]);
    for (const config of serviceConfigs(pipeline)) {
      expect(config).toMatchObject({ vpc_connector: name, vpc_connector_egress_settings: "ALL_TRAFFIC" });
    }
    expect(connector?.attributes["depends_on"]).toEqual([nat?.address]);
    expect(nat?.attributes).toMatchObject({
      nat_ip_allocate_option: "MANUAL_ONLY",
      nat_ips: [`\${${address?.address}.self_link}`],
    });
    expect(JSON.parse(pipeline.text).output.egress_address.value).toBe(`\${${address?.address}.address}`);
    expect(enabled(bootstrap)).toContain("compute.googleapis.com");
  });

  it("but not both", () => {
    expect(() => synthesizeOne(testEnvironment({ vpcConnector, egressRange: "10.8.0.0/28" }))).toThrow(
      "vpcConnector and egressRange",
    );
  });
});

it("a budget watches this project alone, tells at half, nine tenths and the whole, and of a forecast", () => {
  const monthlyBudget = { billingAccount: "012345-6789AB-CDEF01", amount: 250 };
  const alertEmails = ["a@example.com", "b@example.com"];
  const { bootstrap, pipeline } = synthesizeOne(testEnvironment({ monthlyBudget, alertEmails }));
  const channels = ofType(pipeline, "google_monitoring_notification_channel").map(({ address }) => address);
  const [budget] = ofType(pipeline, "google_billing_budget");

  expect(budget?.attributes).toMatchObject({
    billing_account: "012345-6789AB-CDEF01",
    amount: { specified_amount: { units: "250" } },
    budget_filter: {
      projects: [expect.stringMatching(/^projects\/\$\{data\.google_project\.project\.number\}$/)],
      calendar_period: "MONTH",
    },
    threshold_rules: [
      { threshold_percent: 0.5, spend_basis: "CURRENT_SPEND" },
      { threshold_percent: 0.9, spend_basis: "CURRENT_SPEND" },
      { threshold_percent: 1, spend_basis: "CURRENT_SPEND" },
      { threshold_percent: 1, spend_basis: "FORECASTED_SPEND" },
    ],
    all_updates_rule: { monitoring_notification_channels: channels.map((address) => `\${${address}.name}`) },
    provider: "google.billing",
  });
  expect(enabled(bootstrap)).toContain("billingbudgets.googleapis.com");
});
