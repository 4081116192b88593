/**
 * What GPU drivers print.
 *
 * @module
 */

/** As much of Deno as is needed here; a browser has none. */
const { Deno: deno } = globalThis as {
  Deno?: {
    build: { os: string };
    env: {
      get(name: string): string | undefined;
      set(name: string, value: string): void;
    };
    permissions: {
      querySync(of: { name: "env"; variable: string }): { state: string };
    };
  };
};

/**
 * Keeps Linux drivers from printing that a directory which only windows need is not set. Does
 * nothing without the permission `--allow-env=XDG_RUNTIME_DIR`, and nothing in a browser.
 */
export function quietDrivers(): void {
  const variable = "XDG_RUNTIME_DIR";
  if (deno?.build.os !== "linux") return;
  if (
    deno.permissions.querySync({ name: "env", variable }).state !== "granted"
  ) return;
  if (!deno.env.get(variable)) deno.env.set(variable, "/tmp");
}
