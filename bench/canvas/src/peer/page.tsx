/**
 * React Flow, set up as its documentation does, with the drawing and the options that the address tells:
 * `?nodes=1000&width=900&height=600&visible=1`.
 */
import { useCallback } from 'react';
import { createRoot } from 'react-dom/client';
import {
  addEdge,
  Background,
  Controls,
  type Connection,
  type Edge,
  type Node,
  Position,
  ReactFlow,
  useEdgesState,
  useNodesState,
  type Viewport,
} from '@xyflow/react';
import '@xyflow/react/dist/style.css';

import { bounds, drawing } from '../drawing.ts';

/** Aside's limits of zooming, and the free room around what it fits in: both pages show the same at the same scale. */
const ZOOM = { far: 0.15, near: 2.5 };
const MARGIN = 40;

const asked = new URLSearchParams(location.search);
const number = (name: string) => Number(asked.get(name));
const [width, height] = [number('width'), number('height')];
const drawn = drawing(number('nodes'));

// Links leave on the right and arrive on the left, as on Aside's cards.
const initialNodes: Node[] = drawn.nodes.map(({ id, x, y }) => ({
  id,
  position: { x, y },
  data: { label: id },
  sourcePosition: Position.Right,
  targetPosition: Position.Left,
}));
const initialEdges: Edge[] = drawn.links.map(({ from, to }) => ({ id: `${from}-${to}`, source: from, target: to }));

/** What Aside shows first: all of it, but no smaller than it zooms. */
function fitted(): Viewport {
  const { left, top, ...size } = bounds(drawn);
  const fits = Math.min((width - 2 * MARGIN) / size.width, (height - 2 * MARGIN) / size.height);
  const zoom = Math.max(ZOOM.far, Math.min(fits, 1));
  return { x: width / 2 - zoom * (left + size.width / 2), y: height / 2 - zoom * (top + size.height / 2), zoom };
}

const viewport = fitted();

function Flow() {
  const [nodes, , onNodesChange] = useNodesState(initialNodes);
  const [edges, setEdges, onEdgesChange] = useEdgesState(initialEdges);
  const onConnect = useCallback((link: Connection) => setEdges((edges) => addEdge(link, edges)), [setEdges]);
  return (
    <div style={{ width, height }}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        onNodesChange={onNodesChange}
        onEdgesChange={onEdgesChange}
        onConnect={onConnect}
        defaultViewport={viewport}
        minZoom={ZOOM.far}
        maxZoom={ZOOM.near}
        onlyRenderVisibleElements={asked.has('visible')}
      >
        <Background />
        <Controls />
      </ReactFlow>
    </div>
  );
}

createRoot(document.getElementById('root')!).render(<Flow />);
