import { ComputeAddress } from "@cdktf/provider-google/lib/compute-address/index.js";
import { ComputeFirewall } from "@cdktf/provider-google/lib/compute-firewall/index.js";
import { ComputeNetwork } from "@cdktf/provider-google/lib/compute-network/index.js";
import { ComputeRouter } from "@cdktf/provider-google/lib/compute-router/index.js";
import { ComputeRouterNat } from "@cdktf/provider-google/lib/compute-router-nat/index.js";
import { ComputeSubnetwork } from "@cdktf/provider-google/lib/compute-subnetwork/index.js";
import { VpcAccessConnector } from "@cdktf/provider-google/lib/vpc-access-connector/index.js";
import { Construct } from "constructs";
import type { Platform } from "./platform.ts";

export interface StaticEgressConfig {
  readonly platform: Platform;
  /** A /28: what a connector takes. */
  readonly range: string;
}

const NAME = "booking-insights";
/** The fewest that a connector can have, and one more for the time of an upgrade. */
const INSTANCES = { minInstances: 2, maxInstances: 3 } as const;
/** Of the 64,512 that one address has; the usual 64 are used up by one busy instance. */
const PORTS_PER_INSTANCE = 4_096;

/** A network of our own, whose only way out is one fixed address: for a mail server or a database that asks for one. */
export class StaticEgress extends Construct {
  /** Full name of the connector. */
  readonly connector: string;
  readonly address: string;

  constructor(scope: Construct, id: string, { platform, range }: StaticEgressConfig) {
    super(scope, id);
    const region = platform.place.region;
    const network = new ComputeNetwork(this, "network", { name: NAME, autoCreateSubnetworks: false });
    // Nothing is let in anyway; said aloud, it is not taken for forgotten, and comes after the connector's own rules.
    new ComputeFirewall(this, "nobody-comes-in", {
      name: `${NAME}-nobody-comes-in`,
      network: network.id,
      direction: "INGRESS",
      priority: 65_534,
      sourceRanges: ["0.0.0.0/0"],
      deny: [{ protocol: "all" }],
    });
    const subnetwork = new ComputeSubnetwork(this, "subnetwork", {
      name: NAME,
      network: network.id,
      region,
      ipCidrRange: range,
      // Google's own APIs are reached without the fixed address.
      privateIpGoogleAccess: true,
      logConfig: { aggregationInterval: "INTERVAL_10_MIN", flowSampling: 0.5, metadata: "EXCLUDE_ALL_METADATA" },
    });
    const address = new ComputeAddress(this, "address", { name: NAME, region, labels: platform.labels });
    const router = new ComputeRouter(this, "router", { name: NAME, region, network: network.id });
    const nat = new ComputeRouterNat(this, "nat", {
      name: NAME,
      region,
      router: router.name,
      natIpAllocateOption: "MANUAL_ONLY",
      natIps: [address.selfLink],
      sourceSubnetworkIpRangesToNat: "LIST_OF_SUBNETWORKS",
      subnetwork: [{ name: subnetwork.id, sourceIpRangesToNat: ["ALL_IP_RANGES"] }],
      minPortsPerVm: PORTS_PER_INSTANCE,
      logConfig: { enable: true, filter: "ERRORS_ONLY" },
    });
    const connector = new VpcAccessConnector(this, "connector", {
      name: NAME,
      region,
      subnet: { name: subnetwork.name },
      machineType: "e2-micro",
      ...INSTANCES,
      // A function that has the connector and no address could reach nothing.
      dependsOn: [nat],
    });
    this.connector = `projects/${platform.environment.projectId}/locations/${region}/connectors/${connector.name}`;
    this.address = address.address;
  }
}
