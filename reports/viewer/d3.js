// The one door to d3. The distribution packages its first module generation: listeners get no event argument,
// the current one is the live binding `event` of d3-selection.
export {brushX} from 'd3-brush';
export {scaleLinear} from 'd3-scale';
export {event as d3event, select} from 'd3-selection';
export {zoom, zoomIdentity} from 'd3-zoom';
