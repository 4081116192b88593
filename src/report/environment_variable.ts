/**
 * Variables of the environment, without ever asking the user for access.
 *
 * @module
 */

/** The value of a variable; undefined if it is not set or may not be read. */
export function environmentVariable(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}
