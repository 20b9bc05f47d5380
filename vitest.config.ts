import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const globalSetup = fileURLToPath(new URL("shared/testing/global-setup.ts", import.meta.url));

export default defineConfig({
  test: {
    include: ["{functions,shared,scripts,infra,db}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "dist/**", ".local/**"],
    globalSetup: existsSync(globalSetup) ? [globalSetup] : [],
    environment: "node",
    watch: false,
    // Two cores serve everything: Postgres, PostgREST and the emulators run beside the workers.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    unstubEnvs: true,
    allowOnly: false,
  },
});
