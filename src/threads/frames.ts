/** Which lines of a stack are ours. Runtimes write places as addresses or as paths. */
const inside = placesOf(new URL("../", import.meta.url));
const room = placesOf(new URL("./", import.meta.url));

function placesOf({ href, pathname }: URL): readonly string[] {
  return [href, decodeURIComponent(pathname)];
}

/** Without the last lines, as far as they are frames of the library or the platform. */
export function withoutInnerEnd(stack: string): string {
  const lines = stack.split("\n");
  while (lines.length > 1 && isInside(lines.at(-1) as string)) lines.pop();
  return lines.join("\n");
}

function isInside(line: string): boolean {
  return inside.some((place) => line.includes(place)) || /\((node|ext):/.test(line);
}

/** The frames of a stack, without those of this room. */
export function framesOutside(stack: string | undefined): string[] {
  const frames = (stack ?? "").split("\n").slice(1);
  return frames.filter((line) => !room.some((place) => line.includes(place)));
}
