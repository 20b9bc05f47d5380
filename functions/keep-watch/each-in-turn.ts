/**
 * Does one thing after the other and adds up what each repaired. One that fails keeps no other from its turn; the first
 * failure is thrown at the end.
 */
export async function eachInTurn<Item>(
  items: readonly Item[],
  repair: (item: Item) => Promise<number>,
): Promise<number> {
  let repaired = 0;
  const failures: unknown[] = [];
  for (const item of items) {
    try {
      repaired += await repair(item);
    } catch (thrown) {
      failures.push(thrown);
    }
  }
  if (failures.length > 0) throw failures[0];
  return repaired;
}
