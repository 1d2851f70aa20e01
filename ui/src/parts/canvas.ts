// A canvas that is as sharp as the screen, and is drawn anew when its size or the theme changes.

type Draw = (context: CanvasRenderingContext2D, width: number, height: number) => void;

/** Draws now and whenever it is needed; answers how to stop. */
export function follow(canvas: HTMLCanvasElement | undefined, draw: Draw): (() => void) | undefined {
  const context = canvas?.getContext('2d');
  if (!canvas || !context) return undefined;
  const again = () => {
    const { clientWidth: width, clientHeight: height } = canvas;
    const ratio = devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    context.scale(ratio, ratio);
    draw(context, width, height);
  };
  again();
  const sizes = new ResizeObserver(again);
  sizes.observe(canvas);
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', again);
  // A person may have chosen one, whatever the system's is.
  const themes = new MutationObserver(again);
  themes.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return () => {
    sizes.disconnect();
    themes.disconnect();
    dark.removeEventListener('change', again);
  };
}
