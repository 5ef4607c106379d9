import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BelfryError } from "./core/errors.ts";

/**
 * The file of this name beside a module, with the extension that the module has: compilers leave
 * what threads and processes are made of alone.
 *
 * @param url the module's `import.meta.url`, of which some bundlers leave nothing.
 * @throws BelfryError `bundled` where there is no such file.
 */
export function beside(url: string | undefined, name: string): URL {
  const file = url === undefined ? null : new URL(`${name}${url.slice(url.lastIndexOf("."))}`, url);
  if (file !== null && existsSync(file)) return file;
  const place = file === null ? `${name}.js` : fileURLToPath(file);
  throw new BelfryError(
    "usage",
    "bundled",
    `There is no ${place}, which Belfry needs for a thread or process of its own: it was made part of a bundle.`,
    "Have the bundler leave it outside: esbuild --external:belfry, Rollup and webpack `external`, " +
      'Vite `ssr.external`, Next.js `serverExternalPackages: ["belfry"]`. Install it beside the bundle.',
  );
}
