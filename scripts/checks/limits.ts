/** Sizes found in the middle of well-kept TypeScript services; what people dislike in them lives in the tail beyond. */
export const limits = {
  fileLines: { hard: 400, p95: 250, p50: 100 },
  functionLines: { hard: 60, p95: 45, p50: 12 },
  parameters: 3,
  ownImports: 10,
  testLines: 500,
  migrationLines: 150,
} as const;
