/**
 * Where a server logs; a pino logger fits as it is. Fields hold no token and no content. A logger
 * that throws is a defect of the application: it is reported as any other, once.
 */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
