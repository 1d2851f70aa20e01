// Tests read the same wherever they run.
import { writeFor } from './locale';

writeFor(['en-GB']);
