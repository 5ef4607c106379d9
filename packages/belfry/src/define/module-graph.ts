import {
  createRequire,
  type ResolveFnOutput,
  type ResolveHookContext,
  registerHooks,
} from "node:module";
import { fileURLToPath } from "node:url";
import { fileStamp } from "./file-stamp.ts";

/** By what it is told apart, in its URL, from the module that was imported before. */
const VERSION = "belfry";

type NextResolve = (specifier: string, context?: Partial<ResolveHookContext>) => ResolveFnOutput;

/** Belfry itself is never imported anew: what a task throws must be what it knows. */
const OWN: string = new URL("../", import.meta.url).href;

/**
 * Which local modules were imported, and by which. A module cannot be unloaded, so what changed is
 * imported under another URL, `?belfry=2`, and so is all that imports it in turn, up to the task
 * file; what did not change stays the one module that it is, with its connections and its state.
 * The ones before are never freed: each import of a changed module costs its size for good.
 *
 * Installed packages are no part of it, nor is what a module reads by other means.
 */
export class ModuleGraph implements Disposable {
  /** The files, as they were when they were imported; also those that were looked for in vain. */
  readonly stamps: Map<string, string> = new Map<string, string>();
  readonly #importers = new Map<string, Set<string>>();
  readonly #versions = new Map<string, number>();
  readonly #require = createRequire(import.meta.url);
  readonly #hooks = registerHooks({
    resolve: (specifier, context, next) => this.#resolve(specifier, context, next),
    load: (url, context, next) => {
      // Imported anew, CommonJS would find what it requires in turn half-made: required first, it
      // finds it whole.
      if (URL.parse(url)?.searchParams.has(VERSION) && context.format?.startsWith("commonjs")) {
        const file = localFile(url);
        if (file !== null) this.#require(file);
      }
      return next(url, context);
    },
  });

  /** Has these, and all that imports them, imported anew when they are next asked for. */
  changed(files: Iterable<string>): void {
    const anew = new Set(files);
    for (const file of anew) for (const by of this.#importers.get(file) ?? []) anew.add(by);
    for (const file of anew) {
      this.#versions.set(file, (this.#versions.get(file) ?? 0) + 1);
      this.stamps.delete(file);
      delete this.#require.cache[file];
      for (const importers of this.#importers.values()) importers.delete(file);
    }
  }

  [Symbol.dispose](): void {
    this.#hooks.deregister();
  }

  #resolve(specifier: string, context: ResolveHookContext, next: NextResolve): ResolveFnOutput {
    const importer = localFile(context.parentURL);
    let resolved: ResolveFnOutput;
    try {
      resolved = next(specifier, context);
    } catch (error) {
      this.#note(localFile(wouldBe(specifier, context.parentURL)), importer);
      throw error;
    }
    const file = localFile(resolved.url);
    this.#note(file, importer);
    const version = file === null ? undefined : this.#versions.get(file);
    // CommonJS names its modules by path: they were forgotten, which is as good.
    if (version === undefined || context.conditions.includes("require")) return resolved;
    const url = new URL(resolved.url);
    url.searchParams.set(VERSION, String(version));
    return { ...resolved, url: url.href };
  }

  #note(file: string | null, importer: string | null): void {
    if (file === null) return;
    // Its first import of this version is about to read it: an edit after that is one.
    if (!this.stamps.has(file)) this.stamps.set(file, fileStamp(file));
    if (importer === null) return;
    const importers = this.#importers.get(file) ?? new Set();
    this.#importers.set(file, importers.add(importer));
  }
}

function localFile(url: string | undefined): string | null {
  if (url === undefined || !url.startsWith("file:")) return null;
  if (url.includes("/node_modules/") || url.startsWith(OWN)) return null;
  const { pathname } = new URL(url);
  return fileURLToPath(`file://${pathname}`);
}

function wouldBe(specifier: string, importer: string | undefined): string | undefined {
  return /^(?:\.|\/|file:)/.test(specifier) ? URL.parse(specifier, importer)?.href : undefined;
}
