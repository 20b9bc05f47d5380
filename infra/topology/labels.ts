/** Labels of every resource that can have them; the environment's name and residency are added. */
export const labels = { app: "booking-insights", "managed-by": "terraform" } as const;
