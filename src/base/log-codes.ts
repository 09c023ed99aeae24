/** The kinds of news that a runtime reports to its `log`. */
export type LogCode =
  | "TSY_STRAY_WORK"
  | "TSY_SWALLOWED_CANCEL"
  | "TSY_SLOW_SLICE"
  | "TSY_DROPPED_HOLD"
  | "TSY_TASK_RESTARTED"
  | "TSY_THREAD_ENDED"
  | "TSY_SMALL_WORK"
  | "TSY_ACCEPT_FAILED"
  | "TSY_HANDLER_FAILED"
  | "TSY_HANDLER_STUCK"
  | "TSY_HTTP_ACCESS"
  | "TSY_HTTP_REQUEST"
  | "TSY_PROCESS_LEFT";
