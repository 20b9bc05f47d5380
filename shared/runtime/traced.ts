import { inSpan } from "#runtime/run-context.ts";

/**
 * The same port, each call that must be waited for as a span `name.method` of the run it is made in. The one place
 * where calls to Google, to the database and to the mail server become spans; arguments and answers are not looked at.
 */
export function traced<Port extends object>(name: string, port: Port): Port {
  return new Proxy(port, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== "function" || typeof key !== "string") return value;
      return (...args: readonly unknown[]): unknown => inSpan(`${name}.${key}`, () => value.apply(target, args));
    },
  });
}
