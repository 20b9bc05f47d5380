import { MonitoringNotificationChannel } from "@cdktf/provider-google/lib/monitoring-notification-channel/index.js";
import { Construct } from "constructs";
import type { Platform } from "./platform.ts";

/** Sends incidents to an address. Google sends no mail to confirm it: a slip of the hand is silent. */
export class AlertMail extends Construct {
  readonly channel: MonitoringNotificationChannel;

  constructor(scope: Construct, id: string, { address, platform }: { address: string; platform: Platform }) {
    super(scope, id);
    this.channel = new MonitoringNotificationChannel(this, "channel", {
      displayName: `Booking Insights ${platform.environment.name}: ${address}`,
      type: "email",
      labels: { email_address: address },
      userLabels: platform.labels,
    });
  }
}
