import { candidatesOf, isRelative, mayBeSource, packageOf } from "./imports.js";

/** What a file imports. */
export interface Imports {
  /** Paths of files of the folder. */
  readonly files: readonly string[];
  readonly packages: readonly string[];
  /** What it says of sources in the folder that are not there. */
  readonly missing: readonly string[];
}

/**
 * Which file of a folder imports which. A file that comes or goes concerns those that mean it: each
 * change tells whose imports may be others now, and costs what it touches, never the folder.
 */
export class ImportGraph {
  readonly #files = new Map<string, readonly string[]>();
  /** By a path, whether it is there or not: the files that may mean it. */
  readonly #importers = new Map<string, Set<string>>();

  get size(): number {
    return this.#files.size;
  }

  has(path: string): boolean {
    return this.#files.has(path);
  }

  /** A file says these. Returns the files whose imports may be others now, itself first. */
  set(path: string, specifiers: readonly string[]): string[] {
    const isNew = !this.#files.has(path);
    this.#forget(path);
    this.#files.set(path, specifiers);
    for (const candidate of this.#meantBy(path, specifiers)) {
      const importers = this.#importers.get(candidate) ?? new Set();
      this.#importers.set(candidate, importers.add(path));
    }
    return [path, ...(isNew ? this.#others(path) : [])];
  }

  /** A file is gone. Returns the files whose imports are others now. */
  delete(path: string): string[] {
    this.#forget(path);
    return this.#files.delete(path) ? this.#others(path) : [];
  }

  /** What a file imports as the folder is now. */
  imports(path: string): Imports {
    const files = new Set<string>();
    const packages = new Set<string>();
    const missing = new Set<string>();
    for (const specifier of this.#files.get(path) ?? []) {
      if (!isRelative(specifier)) packages.add(packageOf(specifier));
      else {
        const candidates = candidatesOf(path, specifier);
        const found = candidates.find((one) => this.#files.has(one));
        if (found !== undefined) files.add(found);
        else if (candidates.length > 0 && mayBeSource(specifier)) missing.add(specifier);
      }
    }
    return {
      files: [...files].sort(),
      packages: [...packages].sort(),
      missing: [...missing].sort(),
    };
  }

  #others(path: string): string[] {
    return [...(this.#importers.get(path) ?? [])].filter((importer) => importer !== path);
  }

  #forget(path: string): void {
    for (const candidate of this.#meantBy(path, this.#files.get(path) ?? [])) {
      const importers = this.#importers.get(candidate);
      importers?.delete(path);
      if (importers?.size === 0) this.#importers.delete(candidate);
    }
  }

  #meantBy(path: string, specifiers: readonly string[]): string[] {
    return specifiers.filter(isRelative).flatMap((specifier) => candidatesOf(path, specifier));
  }
}
