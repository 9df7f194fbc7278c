export {
  encodeImage,
  type GlobalDeclaration,
  type GlobalType,
  type Image,
  type Manifest,
  parseImage,
} from "./image.ts";
export { imagesFolder, loadImage } from "./shell/load-image.ts";
