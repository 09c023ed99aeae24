/** The repository names no place outside itself that only one machine, or one mirror, has. */
import type { TextFile } from "./sources.ts";

const places: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  {
    what: "a path of one machine",
    pattern: /(?<![\w.~-])\/(?:home|root|Users|work|workspace|tmp)\/[\w.]/,
  },
  { what: "a path of one machine", pattern: /\b[A-Z]:\\+Users\\/ },
  { what: "a folder of somebody's tools", pattern: /\.librar[y]\b/ },
  {
    what: "the host of a package registry",
    pattern: /\bregistry\.(?:npmjs|yarnpkg|npmmirror)\b|\bnpm\.pkg\.github\b/,
  },
];

export function checkPlaces(files: readonly TextFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    text
      .split("\n")
      .flatMap((line, at) =>
        places
          .filter(({ pattern }) => pattern.test(line))
          .map(({ what }) => `${path}:${at + 1}: names ${what}: ${line.trim().slice(0, 80)}`),
      ),
  );
}
