import { until } from "../../flow/until.ts";
import { BodyInvalid } from "./errors.ts";
import { pathOf, type StandardSchema } from "./standard-schema.ts";

/** How many issues a message tells. The error has all of them. */
const MOST_TOLD = 3;

/** What a schema makes of a value that has been read from `body`. */
export async function validated<T>(
  read: Promise<unknown>,
  schema: StandardSchema<T>,
  body: string,
): Promise<T> {
  const checked = schema["~standard"].validate(await read);
  const result = checked instanceof Promise ? await until(checked) : checked;
  const { issues } = result;
  if (issues === undefined) return result.value;
  const told = issues.slice(0, MOST_TOLD).map((issue) => {
    const path = pathOf(issue);
    return path === "" ? issue.message : `${path}: ${issue.message}`;
  });
  const more = issues.length - told.length;
  throw new BodyInvalid(
    `${body} does not fit its schema: ${told.join("; ")}${more > 0 ? `; and ${more} more` : ""}.`,
    { fault: "schema", issues },
  );
}
