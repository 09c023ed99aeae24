/** Dates as HTTP writes them (RFC 9110, section 5.6.7). Calculated here: the platform's own parser takes nearly anything. */

const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";
const DAY_MS = 86_400_000;

const TIME = "(?<time>\\d\\d:\\d\\d:\\d\\d)";
const MONTH = "(?<month>[A-Z][a-z]{2})";
/**
 * Sun, 06 Nov 1994 08:49:37 GMT; and the two old forms Sunday, 06-Nov-94 08:49:37 GMT and Sun Nov  6 08:49:37 1994, which are to be
 * read and never to be written.
 */
const forms: readonly RegExp[] = [
  new RegExp(`^[A-Z][a-z]{2}, (?<day>\\d\\d) ${MONTH} (?<year>\\d{4}) ${TIME} GMT$`),
  new RegExp(`^[A-Z][a-z]{5,8}, (?<day>\\d\\d)-${MONTH}-(?<year>\\d\\d) ${TIME} GMT$`),
  new RegExp(`^[A-Z][a-z]{2} ${MONTH} (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})$`),
];

/** Milliseconds since 1970 of a date in one of HTTP's three forms; null for anything else. `nowMs` places years of two digits. */
export function parseHttpDate(text: string, nowMs: number): number | null {
  for (const form of forms) {
    const groups = form.exec(text)?.groups;
    if (groups !== undefined) return instantOf(groups, nowMs);
  }
  return null;
}

function instantOf(groups: Readonly<Record<string, string>>, nowMs: number): number | null {
  const { year = "", time = "" } = groups;
  const days = daysOf(
    year.length === 2 ? fullYear(Number(year), nowMs) : Number(year),
    groups["month"] ?? "",
    Number(groups["day"]),
  );
  const ms = msOf(time);
  return days === null || ms === null ? null : days * DAY_MS + ms;
}

/** A minute may have a leap second. */
function msOf(time: string): number | null {
  const [hours = 0, minutes = 0, seconds = 0] = time.split(":").map(Number);
  if (hours > 23 || minutes > 59 || seconds > 60) return null;
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000;
}

/** The days from 1970 to a date; null for one that is not. */
function daysOf(year: number, monthName: string, day: number): number | null {
  const month = MONTHS.indexOf(monthName) / 3;
  if (!Number.isInteger(month) || month < 0 || day < 1 || day > daysIn(year, month)) return null;
  return daysSince1970(year, month, day);
}

/** A year that would lie more than 50 years ahead is of the century before. */
function fullYear(twoDigits: number, nowMs: number): number {
  const thisYear = 1970 + Math.floor(nowMs / (DAY_MS * 365.2425));
  const year = thisYear - (thisYear % 100) + twoDigits;
  return year > thisYear + 50 ? year - 100 : year;
}

function daysIn(year: number, month: number): number {
  if (month !== 1) return [3, 5, 8, 10].includes(month) ? 30 : 31;
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
}

/** Counts years from March, so that a leap day is a year's last. */
function daysSince1970(year: number, month: number, day: number): number {
  const y = month < 2 ? year - 1 : year;
  const daysBefore = Math.floor((153 * ((month + 10) % 12) + 2) / 5);
  return (
    y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + daysBefore + day - 719_469
  );
}
