#include "overlay_figure.hpp"

#include "charts.hpp"
#include "html.hpp"
#include "numbers.hpp"
#include "svg.hpp"

#include <cstddef>
#include <cstdint>

namespace gossipd::simulation {

std::string overlay_figure(const RunReport& run, const std::string& title, std::string_view classes) {
  const OverlayPicture picture = overlay_picture(run.graph, run.seed);
  const std::size_t components = run.overlay.components.size();
  const std::string whole =
      grouped(std::uint64_t{components}) + (components == 1 ? " component." : " components.");
  const std::string all = grouped(std::uint64_t{run.live_nodes}) + " live nodes at the end";
  const std::string caption = picture.drawn == run.live_nodes
                                  ? "All " + all + ", in " + whole
                                  : grouped(std::uint64_t{picture.drawn}) + " of " + all +
                                        ", a sample: in each component those nearest to a node that is "
                                        "drawn; links to others are left out. The "
                                        "whole is in " +
                                        whole;
  std::string text = "<figure class=\"" + std::string(classes) + "\">\n" + element("h3", title) +
                     picture.svg + "<figcaption>";
  text += "<span class=\"shades\">";
  for (const auto& [shade, degrees] : picture.shades)
    text += "<span><i class=\"" + shade + "\"></i>" + escaped(degrees) + "</span>";
  return text + "peers</span><br/>" + escaped(caption) + "</figcaption>\n</figure>\n";
}

}  // namespace gossipd::simulation
