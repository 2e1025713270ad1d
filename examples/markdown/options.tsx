import type { ComponentProps, ReactNode } from "react";
import type { Components, ExtraProps, Options } from "react-markdown";
import remarkGfm from "remark-gfm";
import { handlersOf } from "./handlers.js";

/**
 * What react-markdown is given for each block. It renders no HTML, and lets no link pass that
 * would run a script: both are its defaults.
 *
 * @param prefix of the ids of elements: several texts may stand on a page
 * @param components in the place of elements
 */
export function optionsOf(prefix: string, components: Components | undefined): Options {
  return {
    remarkPlugins: [remarkGfm],
    remarkRehypeOptions: { handlers: handlersOf(prefix) },
    components: { a: Link, img: ImageLink, ...components },
  };
}

/** A text that a model or a stranger wrote learns nothing of the page that links lead away from. */
function Link({ node: _, ...props }: ComponentProps<"a"> & ExtraProps): ReactNode {
  const isHere = props.href?.startsWith("#");
  return <a {...props} {...(isHere ? {} : { target: "_blank", rel: "noopener noreferrer" })} />;
}

/** An image is not loaded before somebody asks for it: its URL could carry away what was said. */
function ImageLink({ src, alt }: ComponentProps<"img">): ReactNode {
  return <Link href={typeof src === "string" ? src : undefined}>{alt || "image"}</Link>;
}
