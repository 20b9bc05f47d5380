import { MonitoringDashboard } from "@cdktf/provider-google/lib/monitoring-dashboard/index.js";
import { Construct } from "constructs";
import type { Environment } from "../environment.ts";
import type { Dashboard, Section, Tile } from "../topology/dashboard.ts";
import type { Platform } from "./platform.ts";
import { promql } from "./promql.ts";
import type { TopologyAlert } from "./topology-alert.ts";

export interface TopologyDashboardConfig {
  readonly platform: Platform;
  readonly dashboard: Dashboard;
  /** Whose incidents are shown. */
  readonly alerts: readonly TopologyAlert[];
}

/** The grid of a mosaic: its width, and the size of each kind of tile in its units. */
const COLUMNS = 48;
const HEADER = { width: COLUMNS, height: 5 };
const SIZES: Readonly<Record<Tile["kind"], { readonly width: number; readonly height: number }>> = {
  number: { width: 8, height: 8 },
  chart: { width: 24, height: 16 },
  incidents: { width: COLUMNS, height: 12 },
};

interface Placed {
  readonly widget: object;
  readonly width: number;
  readonly height: number;
}

/** A dashboard of the topology: a header above each section, tiles in rows from left to right. */
export class TopologyDashboard extends Construct {
  constructor(scope: Construct, id: string, { platform, dashboard, alerts }: TopologyDashboardConfig) {
    super(scope, id);
    const { environment } = platform;
    const policyNames = alerts.map(({ policy }) => policy.name);
    const tileOf = (tile: Tile): Placed => ({
      widget: widget(tile, { environment, policyNames }),
      ...SIZES[tile.kind],
    });
    const placed = dashboard.sections.flatMap((section) => [header(section), ...section.tiles.map(tileOf)]);
    new MonitoringDashboard(this, "dashboard", {
      dashboardJson: JSON.stringify({
        displayName: `Booking Insights ${environment.name}: ${dashboard.title}`,
        mosaicLayout: { columns: COLUMNS, tiles: inRows(placed) },
      }),
    });
  }
}

const header = ({ title, subtitle }: Section): Placed => ({
  widget: { title, sectionHeader: { subtitle, dividerBelow: true } },
  ...HEADER,
});

/** Positions without their zeros: the API leaves them out, and Terraform would see a change in every plan. */
function inRows(placed: readonly Placed[]): object[] {
  let [x, y, rowHeight] = [0, 0, 0];
  return placed.map(({ widget, width, height }) => {
    if (x + width > COLUMNS) [x, y, rowHeight] = [0, y + rowHeight, 0];
    const tile = { ...(x > 0 && { xPos: x }), ...(y > 0 && { yPos: y }), width, height, widget };
    [x, rowHeight] = [x + width, Math.max(rowHeight, height)];
    return tile;
  });
}

interface Surroundings {
  readonly environment: Environment;
  readonly policyNames: readonly string[];
}

function widget(tile: Tile, { environment, policyNames }: Surroundings): object {
  const { title } = tile;
  switch (tile.kind) {
    case "incidents":
      return { title, incidentList: { policyNames } };
    case "number":
      return { title, scorecard: { timeSeriesQuery: { prometheusQuery: promql(tile.signal) } } };
    case "chart": {
      const limit = (tile.unlessSetBy && environment[tile.unlessSetBy]) ?? tile.limit;
      const dataSets = Object.entries(tile.series).map(([legend, signal]) => ({
        plotType: tile.stacked === true ? "STACKED_BAR" : "LINE",
        ...(!("by" in signal) && { legendTemplate: legend }),
        timeSeriesQuery: { prometheusQuery: promql(signal) },
      }));
      return { title, xyChart: { dataSets, ...(limit !== undefined && { thresholds: [{ value: limit }] }) } };
    }
  }
}
