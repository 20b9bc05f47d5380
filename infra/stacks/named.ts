/** What was made for the things of the topology, by their names. */
export type Named<Value> = ReadonlyMap<string, Value>;

export function named<Value>(values: Named<Value>, name: string): Value {
  const value = values.get(name);
  if (value === undefined) throw new Error(`the topology names ${name}, which is not in it`);
  return value;
}
